/**
 * Manifest v1: what a build produced. Its canonical text is stored beside nothing else that could change its meaning,
 * and the sha256 of that text is the build SHA: same inputs, same text, same SHA.
 */
import * as z from "zod";
import { Digest, sha256 } from "./digest.ts";
import { MAX_BUNDLE_FILES, MAX_FILE_BYTES } from "./limits.ts";
import { RelativePath } from "./relative-path.ts";

export const ManifestFile = z.object({
  path: RelativePath,
  size: z.int().min(0).max(MAX_FILE_BYTES),
  sha256: Digest,
  /** The Content-Type, with its charset where it has one. */
  type: z.string().min(1),
  /** The name contains a hash of the content, so that this path will never mean other bytes. */
  fingerprinted: z.boolean(),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** Fields may be added to v1 (encodings, functions, rules); a reader ignores those it does not know. */
export const Manifest = z.object({
  version: z.literal(1),
  source: Digest,
  env: Digest,
  files: z.array(ManifestFile).min(1).max(MAX_BUNDLE_FILES).refine(haveDistinctPaths, "must not list a path twice"),
});
export type Manifest = z.infer<typeof Manifest>;

/** The canonical text: fields in this order, files by path in UTF-16 code unit order, no white space. */
export function encodeManifest(manifest: Manifest): string {
  const files = manifest.files
    .map(({ path, size, sha256, type, fingerprinted }) => ({ path, size, sha256, type, fingerprinted }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return JSON.stringify({ version: 1, source: manifest.source, env: manifest.env, files });
}

export function buildSha(manifestText: string): Promise<Digest> {
  return sha256(manifestText);
}

/** Reads a stored manifest. Throws when the text is not a manifest: stored bytes that break their contract are a broken invariant. */
export function parseManifest(text: string): Manifest {
  return Manifest.parse(JSON.parse(text));
}

/** A path listed twice would give one bundle several canonical texts, and readers a choice. */
function haveDistinctPaths(files: readonly { readonly path: string }[]): boolean {
  return new Set(files.map(({ path }) => path)).size === files.length;
}
