/**
 * The front of the local world: only the first Worker of a local run answers HTTP, so this one sends the API's host to
 * control and every other host to the router. It stands where Cloudflare's routes stand in production.
 */
export type FrontEnv = { readonly CONTROL: Fetcher; readonly ROUTER: Fetcher };

export default {
  fetch(request, env) {
    const { hostname } = new URL(request.url);
    return (hostname === "base.localhost" ? env.CONTROL : env.ROUTER).fetch(request);
  },
} satisfies ExportedHandler<FrontEnv>;
