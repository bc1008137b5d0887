/**
 * The paths of URLs and the paths of files, in both directions. The router reads requests with it, the builder the rules
 * that are to match them: were they to disagree, an escape would lead around a rule.
 */

/** A segment that would mean something else once decoded: more segments, a step in the tree, or the end of a C string. */
const REFUSED_SEGMENT = /[/\\\0]|^\.{1,2}$/;

/**
 * The path of a URL as manifests write it: no leading slash, one slash between segments, each decoded once; a directory
 * ends with a slash.
 * @param pathname as the URL parser gives it, which has resolved `..`, `%2e%2e` and `\` already
 * @returns null for malformed escapes and for segments that decode to `/`, `\`, NUL, `.` or `..`
 */
export function readPath(pathname: string): string | null {
  const path = pathname.includes("//") ? pathname.replace(/\/{2,}/g, "/").slice(1) : pathname.slice(1);
  if (!path.includes("%")) return path;
  const segments: string[] = [];
  for (const raw of path.split("/")) {
    const segment = decodeOnce(raw);
    if (segment === null || REFUSED_SEGMENT.test(segment)) return null;
    segments.push(segment);
  }
  return segments.join("/");
}

/** What no URL parser escapes in a path, and none gives a meaning to. */
const ESCAPED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/g;

/**
 * The one spelling of a file's path in a URL, with its leading slash: escaped is only what some URL parser escapes, so that
 * what a browser sends for a plain name is the canonical form already. `readPath` gives back what went in.
 */
export function writePath(path: string): string {
  return `/${path.replace(ESCAPED, encodeURIComponent)}`;
}

function decodeOnce(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not UTF-8, or a `%` that starts no escape.
    return null;
  }
}
