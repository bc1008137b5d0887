import type { ManifestFile } from "../schema/manifest.ts";

/** A manifest as requests need it: file by path. A path that is not in it does not exist. */
export type ManifestIndex = ReadonlyMap<string, ManifestFile>;

/** Instructions to the platform, at the root of a bundle. Left out of the index, so no rule can serve them. */
const META_FILES: ReadonlySet<string> = new Set(["_headers", "_redirects", ".assetsignore"]);

export function indexFiles(files: readonly ManifestFile[]): ManifestIndex {
  const index = new Map<string, ManifestFile>();
  for (const file of files) {
    if (!META_FILES.has(file.path)) index.set(file.path, file);
  }
  return index;
}
