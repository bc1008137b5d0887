/** A segment that would mean something else once decoded: more segments, a step in the tree, or the end of a C string. */
const REFUSED_SEGMENT = /[/\\\0]|^\.{1,2}$/;

/**
 * The path of a URL as manifests write it: no leading slash, each segment decoded once; a directory ends with a slash.
 * @param pathname as the URL parser gives it, which has resolved `..`, `%2e%2e` and `\` already
 * @returns null for malformed escapes and for segments that decode to `/`, `\`, NUL, `.` or `..`
 */
export function readPath(pathname: string): string | null {
  const path = pathname.slice(1);
  if (!path.includes("%")) return path;
  const segments: string[] = [];
  for (const raw of path.split("/")) {
    const segment = decodeOnce(raw);
    if (segment === null || REFUSED_SEGMENT.test(segment)) return null;
    segments.push(segment);
  }
  return segments.join("/");
}

function decodeOnce(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not UTF-8, or a `%` that starts no escape.
    return null;
  }
}
