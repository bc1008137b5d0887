/** Headers that every response of the router has, whatever it answers. */

import { shortSha } from "../schema/digest.ts";
import { PRODUCTION } from "../schema/hostname.ts";
import { VARIANT_HEADER } from "../schema/variant-pass.ts";
import type { Trail } from "./trail.ts";

export function commonHeaders({ channel, served, variant, forced }: Trail): Headers {
  const headers = new Headers({
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
  });
  if (served) headers.set("x-atelier-build", shortSha(served.build));
  if (variant) headers.set(VARIANT_HEADER, variant);
  if (forced) headers.set("x-atelier-forced", forced);
  // Previews are for reviewers: a search engine would keep them longer than they live.
  if (channel !== null && channel !== PRODUCTION) headers.set("x-robots-tag", "noindex");
  return headers;
}
