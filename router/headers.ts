/** Headers that every response of the router has, whatever it answers. */

import { shortSha } from "../schema/digest.ts";
import { PRODUCTION } from "../schema/hostname.ts";
import type { Trail } from "./trail.ts";

export function commonHeaders({ channel, served, variant }: Trail): Headers {
  const headers = new Headers({
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
  });
  if (served) headers.set("x-atelier-build", shortSha(served.build));
  if (variant) headers.set("x-atelier-variant", variant);
  // Previews are for reviewers: a search engine would keep them longer than they live.
  if (channel !== null && channel !== PRODUCTION) headers.set("x-robots-tag", "noindex");
  return headers;
}
