/**
 * Does If-None-Match name what the client would get anyway? Lists, `*` and weak tags, compared weakly (RFC 9110, 13.1.2).
 * @param etag strong, with its quotes
 */
export function matchesEtag(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  // Proxies that compress on the fly turn a strong tag into a weak one.
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
