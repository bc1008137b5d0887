import { DEFAULT_HTML_HANDLING, type HtmlHandling } from "../schema/html-handling.ts";
import type { Manifest, ManifestFile } from "../schema/manifest.ts";

/** A manifest as requests need it: file by path. A path that is not in it does not exist. */
export interface ManifestIndex {
  readonly htmlHandling: HtmlHandling;
  get(path: string): ManifestFile | undefined;
}

/** Instructions to the platform, at the root of a bundle. Left out of the index, so no rule can serve them. */
const META_FILES: ReadonlySet<string> = new Set(["_headers", "_redirects", ".assetsignore"]);

export function indexManifest({ files, html }: Pick<Manifest, "files" | "html">): ManifestIndex {
  const byPath = new Map<string, ManifestFile>();
  for (const file of files) {
    if (!META_FILES.has(file.path)) byPath.set(file.path, file);
  }
  return { htmlHandling: html ?? DEFAULT_HTML_HANDLING, get: (path) => byPath.get(path) };
}
