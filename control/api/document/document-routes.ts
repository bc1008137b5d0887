/** What the API says of itself, to machines and to people, without a token. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import type { ApiContext } from "../context.ts";
import { renderDocs } from "./docs-page.ts";
import { type ApiDocument, describeApi } from "./openapi-document.ts";

/** @param api with all its routes, by the time that somebody asks */
export function documentRoutes(api: OpenAPIHono<ApiContext>) {
  let document: ApiDocument | undefined;
  const read = () => {
    document ??= describeApi(api.openAPIRegistry.definitions);
    return document;
  };
  let page: string | undefined;
  const routes = new Hono<ApiContext>();
  routes.get("/openapi.json", (c) => c.json(read()));
  routes.get("/docs", (c) => {
    page ??= renderDocs(read());
    return c.html(page, 200, {
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
  });
  return routes;
}
