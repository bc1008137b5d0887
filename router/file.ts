/** Which file answers a path. Decides from the manifest alone and opens nothing. */
import type { ManifestFile } from "../schema/manifest.ts";
import { MAX_PATH_BYTES } from "../schema/relative-path.ts";
import type { ManifestIndex } from "./manifest-index.ts";
import { type PageIntent, resolvePage } from "./page-address.ts";

export type FileIntent =
  | PageIntent
  /** The app's own page for what it does not have; status 404. */
  | { readonly kind: "not_found_page"; readonly file: ManifestFile }
  /** A single-page app's entry, for a path that its own router knows. */
  | { readonly kind: "app_shell"; readonly file: ManifestFile }
  | { readonly kind: "nothing" };

/** @param path as `readPath` gives it */
export function resolveFile(index: ManifestIndex, path: string, isNavigation: boolean): FileIntent {
  const page = resolvePage(index, path);
  if (page) return page;
  const notFoundPage = nearestNotFoundPage(index, path);
  if (notFoundPage) return { kind: "not_found_page", file: notFoundPage };
  // Only navigations: a script or an image that is missing must not turn into HTML.
  const shell = isNavigation ? index.get("index.html") : undefined;
  return shell ? { kind: "app_shell", file: shell } : { kind: "nothing" };
}

/** The `404.html` of the path's folder or of the nearest one above it. */
function nearestNotFoundPage(index: ManifestIndex, path: string): ManifestFile | undefined {
  // No file of a bundle lies deeper, and a URL of 16 KB of slashes must not cost thousands of look-ups of long strings.
  const reachable = path.slice(0, MAX_PATH_BYTES);
  for (let end = reachable.lastIndexOf("/"); end > 0; end = reachable.lastIndexOf("/", end - 1)) {
    const page = index.get(`${reachable.slice(0, end)}/404.html`);
    if (page) return page;
  }
  return index.get("404.html");
}
