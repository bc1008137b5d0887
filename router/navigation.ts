/**
 * Does a person see the answer as a document? Browsers say so in Sec-Fetch-Mode; for others (curl, crawlers, old
 * browsers) an Accept with text/html and a last segment without an extension must do.
 */
export function isNavigation(headers: Headers, path: string): boolean {
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null) return mode === "navigate";
  return acceptsHtml(headers) && !hasExtension(path);
}

export function acceptsHtml(headers: Headers): boolean {
  return headers.get("accept")?.includes("text/html") ?? false;
}

function hasExtension(path: string): boolean {
  return path.includes(".", path.lastIndexOf("/") + 1);
}
