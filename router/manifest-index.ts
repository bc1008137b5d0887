import { DEFAULT_HTML_HANDLING, type HtmlHandling } from "../schema/html-handling.ts";
import type { Manifest, ManifestFile } from "../schema/manifest.ts";
import { type FoundRedirect, type HeaderChanges, indexHeaderRules, indexRedirects } from "../schema/rules.ts";

/** A manifest as requests need it: file by path. A path that is not in it does not exist. */
export interface ManifestIndex {
  readonly htmlHandling: HtmlHandling;
  get(path: string): ManifestFile | undefined;
  redirectFor(path: string): FoundRedirect | null;
  headersFor(path: string, host: string): HeaderChanges | null;
}

/** Instructions to the platform, at the root of a bundle. Left out of the index, so no rule can serve them. */
const META_FILES: ReadonlySet<string> = new Set(["_headers", "_redirects", ".assetsignore"]);

export function indexManifest({ files, html, rules }: Pick<Manifest, "files" | "html" | "rules">): ManifestIndex {
  const byPath = new Map<string, ManifestFile>();
  for (const file of files) {
    if (!META_FILES.has(file.path)) byPath.set(file.path, file);
  }
  return {
    htmlHandling: html ?? DEFAULT_HTML_HANDLING,
    get: (path) => byPath.get(path),
    // Compiled here, once per isolate and build, and never per request.
    redirectFor: rules ? indexRedirects(rules.redirects) : () => null,
    headersFor: rules ? indexHeaderRules(rules.headers) : () => null,
  };
}
