/**
 * Clean URLs: which page answers a path, and which address a page has. Every page has one address; its other spellings are
 * sent there, but only when the very same page answers there, so that no redirect leads to another page or in a circle.
 */
import { addressOf, type CleanHandling } from "../schema/html-handling.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import type { ManifestIndex } from "./manifest-index.ts";

export type PageIntent =
  | { readonly kind: "file"; readonly file: ManifestFile }
  /** `path` as `readPath` gives it. */
  | { readonly kind: "moved"; readonly path: string };

/** @param path as `readPath` gives it */
export function resolvePage(index: ManifestIndex, path: string): PageIntent | null {
  const mode = index.htmlHandling;
  const exact = index.get(path);
  if (mode === "none") return exact ? { kind: "file", file: exact } : null;
  if (exact && !path.endsWith(".html")) return { kind: "file", file: exact };
  const page = exact || isIndexPath(path) ? undefined : pageAt(index, path, mode);
  if (page) return { kind: "file", file: page };
  for (const candidate of exact ? [path] : pagesMeantBy(path)) {
    const file = index.get(candidate);
    const address = addressOf(candidate, mode);
    if (!file || address === path) continue;
    const there = index.get(address) ?? (isIndexPath(address) ? undefined : pageAt(index, address, mode));
    if (there?.sha256 === file.sha256) return { kind: "moved", path: address };
  }
  // What has no address of its own answers where it is.
  const left = exact ?? (isIndexPath(path) ? pageAt(index, path, mode) : undefined);
  return left ? { kind: "file", file: left } : null;
}

/** `/docs/index` is another spelling of `/docs/`, not the address of a page called index. */
function isIndexPath(path: string): boolean {
  return path === "index" || path.endsWith("/index");
}

/** The page whose address this is. */
function pageAt(index: ManifestIndex, path: string, mode: CleanHandling): ManifestFile | undefined {
  if (path === "") return index.get("index.html");
  const isFolder = path.endsWith("/");
  switch (mode) {
    case "auto-trailing-slash":
      return index.get(isFolder ? `${path}index.html` : `${path}.html`);
    case "force-trailing-slash":
      return isFolder ? (index.get(`${path}index.html`) ?? index.get(`${path.slice(0, -1)}.html`)) : undefined;
    case "drop-trailing-slash":
      return isFolder ? undefined : (index.get(`${path}.html`) ?? index.get(`${path}/index.html`));
    default:
      return mode satisfies never;
  }
}

/** The pages that somebody who asks for this path may mean, the likeliest first. */
function pagesMeantBy(path: string): readonly string[] {
  if (path === "index" || path === "index.html") return ["index.html"];
  const folder = withoutEnd(path, "/index") ?? withoutEnd(path, "/index.html") ?? withoutEnd(path, "/");
  if (folder !== null) return [`${folder}/index.html`, `${folder}.html`];
  const stem = withoutEnd(path, ".html") ?? path;
  return [`${stem}.html`, `${stem}/index.html`];
}

function withoutEnd(text: string, end: string): string | null {
  return text.endsWith(end) ? text.slice(0, -end.length) : null;
}
