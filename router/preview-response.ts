/** The end of a preview link: on to the app, with the cookie that begins or ends the preview. */
import { commonHeaders } from "./headers.ts";
import type { Trail } from "./trail.ts";

/** @param cookie a Set-Cookie value */
export function toPreviewResponse(cookie: string, trail: Trail): Response {
  const headers = commonHeaders(trail);
  headers.set("location", "/");
  headers.set("set-cookie", cookie);
  headers.set("cache-control", "private, no-store");
  // The link holds the pass: it is nothing for other sites to read.
  headers.set("referrer-policy", "no-referrer");
  return new Response(null, { status: 303, headers });
}
