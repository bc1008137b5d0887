/** CORS: which pages of other origins may call the API. They bring a token of their own; cookies mean nothing here. */
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { ApiContext } from "./context.ts";

/** Of a preflight's answer. Chromium keeps it no longer than two hours. */
const MAX_AGE_SECONDS = 7_200;

const allow = cors({
  // Only those that are allowed get as far as here.
  origin: (origin) => origin,
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id"],
  exposeHeaders: ["allow", "retry-after", "www-authenticate"],
  maxAge: MAX_AGE_SECONDS,
});

/** A page of an origin that is not configured gets no header of CORS at all, so its browser keeps the answer from it. */
export const allowOrigins = createMiddleware<ApiContext>(async (c, next) => {
  const origin = c.req.header("origin");
  if (origin !== undefined && c.var.deps.corsOrigins.includes(origin)) return allow(c, next);
  await next();
  c.header("vary", "Origin", { append: true });
});
