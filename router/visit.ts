/** A request, as far as routing it needs. */
export interface Visit {
  readonly method: string;
  /** The only place that the host is read from: `X-Forwarded-Host` and its kind are anybody's to set. */
  readonly url: URL;
  readonly headers: Headers;
  /** What the client itself sent: the runtime writes `br, gzip` into the header of every request. */
  readonly acceptEncoding: string | null;
}

type Incoming = Pick<Request, "method" | "url" | "headers"> & { readonly cf?: unknown };

export function toVisit({ method, url, headers, cf }: Incoming): Visit {
  const isTold = typeof cf === "object" && cf !== null && "clientAcceptEncoding" in cf;
  const sent = isTold ? cf.clientAcceptEncoding : undefined;
  return {
    method,
    url: new URL(url),
    headers,
    acceptEncoding: typeof sent === "string" ? sent : headers.get("accept-encoding"),
  };
}
