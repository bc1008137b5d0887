/** What an app's `_headers` change about a response. The app decides about its files; not about errors and other people. */
import { PRODUCTION } from "../schema/hostname.ts";
import type { HeaderChanges } from "../schema/rules.ts";
import type { Trail } from "./trail.ts";

/** An error or a page for something else that stays in a cache outlives its cause. */
const CACHING: ReadonlySet<string> = new Set([
  "cache-control",
  "cdn-cache-control",
  "cloudflare-cdn-cache-control",
  "expires",
  "pragma",
  "surrogate-control",
]);

/** @param mayCache whether the app may say how long this answer is kept */
export function applyHeaderRules(
  headers: Headers,
  changes: HeaderChanges | null,
  mayCache: boolean,
  { channel }: Pick<Trail, "channel">,
): void {
  if (changes === null) return;
  const isPreview = channel !== null && channel !== PRODUCTION;
  const isOurs = (name: string) => (!mayCache && CACHING.has(name)) || (isPreview && name === "x-robots-tag");
  for (const name of changes.unset) if (!isOurs(name)) headers.delete(name);
  const begun = new Set<string>();
  for (const [name, value] of changes.set) {
    if (isOurs(name)) continue;
    // Of `Vary` and `Link` ours hold too.
    if (begun.has(name) || name === "vary" || name === "link") headers.append(name, value);
    else headers.set(name, value);
    begun.add(name);
  }
}
