/**
 * Manifest v1: what a build produced. Its canonical text is stored beside nothing else that could change its meaning,
 * and the sha256 of that text is the build SHA: same inputs, same text, same SHA.
 */
import * as z from "zod";
import { Digest, sha256 } from "./digest.ts";
import { HtmlHandling } from "./html-handling.ts";
import { MAX_BUNDLE_FILES, MAX_FILE_BYTES } from "./limits.ts";
import { RelativePath } from "./relative-path.ts";
import { type HeaderRule, type RedirectRule, Rules } from "./rules.ts";

/** Stored bytes, by what their key and their check need. */
export interface BlobRef {
  readonly sha256: Digest;
  readonly size: number;
}

const Size = z.int().min(0).max(MAX_FILE_BYTES);

/** The same content in a content coding (RFC 9110, 8.4.1), made at build time. */
export const EncodedBlob = z.object({
  /** A coding's registered name: `br`, `gzip`, `zstd`. Readers may meet later ones. */
  encoding: z.string().regex(/^[a-z0-9-]{1,20}$/),
  size: Size,
  sha256: Digest,
});
export type EncodedBlob = z.infer<typeof EncodedBlob>;

export const ManifestFile = z.object({
  path: RelativePath,
  size: Size,
  sha256: Digest,
  /** The Content-Type, with its charset where it has one. */
  type: z.string().min(1),
  /** The name contains a hash of the content, so that this path will never mean other bytes. */
  fingerprinted: z.boolean(),
  /** Only those that are smaller than the file. Absent when there is none. */
  encodings: z.array(EncodedBlob).min(1).max(8).optional(),
  /** Of a page: the value of a `Link` header that names what the page is about to ask for. */
  links: z.string().min(1).max(4_096).optional(),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** Fields may be added to v1 (functions); a reader ignores those it does not know. */
export const Manifest = z.object({
  version: z.literal(1),
  source: Digest,
  env: Digest,
  /** How pages' addresses are written; absent is the default. */
  html: HtmlHandling.optional(),
  /** What `_redirects` and `_headers` say; absent when they say nothing. */
  rules: Rules.optional(),
  files: z.array(ManifestFile).min(1).max(MAX_BUNDLE_FILES).refine(haveDistinctPaths, "must not list a path twice"),
});
export type Manifest = z.infer<typeof Manifest>;

/**
 * The canonical text: fields in this order, files by path in UTF-16 code unit order, encodings by name, no white space.
 * What is absent leaves no trace, so that a manifest from before a field was added keeps its text.
 */
export function encodeManifest(manifest: Manifest): string {
  const { source, env, html, rules } = manifest;
  const files = manifest.files
    .map(({ path, size, sha256, type, fingerprinted, encodings, links }) => ({
      ...{ path, size, sha256, type, fingerprinted },
      ...(encodings && { encodings: encodings.map(canonicalBlob).sort((a, b) => (a.encoding < b.encoding ? -1 : 1)) }),
      ...(links !== undefined && { links }),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return JSON.stringify({
    version: 1,
    source,
    env,
    ...(html && { html }),
    ...(rules && { rules: canonicalRules(rules) }),
    files,
  });
}

function canonicalRules({ redirects, headers }: Rules): Rules {
  return {
    redirects: redirects.map(({ from, to, status }: RedirectRule) => ({ from, to, status })),
    headers: headers.map(({ host, path, set, unset }: HeaderRule) => ({ ...(host && { host }), path, set, unset })),
  };
}

function canonicalBlob({ encoding, size, sha256 }: EncodedBlob): EncodedBlob {
  return { encoding, size, sha256 };
}

export function buildSha(manifestText: string): Promise<Digest> {
  return sha256(manifestText);
}

/** Reads a stored manifest. Throws when the text is not a manifest: stored bytes that break their contract are a broken invariant. */
export function parseManifest(text: string): Manifest {
  return Manifest.parse(JSON.parse(text));
}

/** Every blob that a bundle needs, each once. */
export function blobsOf({ files }: Pick<Manifest, "files">): BlobRef[] {
  const blobs = new Map<Digest, BlobRef>();
  for (const file of files) {
    for (const { sha256, size } of [file, ...(file.encodings ?? [])]) blobs.set(sha256, { sha256, size });
  }
  return [...blobs.values()];
}

/** A path listed twice would give one bundle several canonical texts, and readers a choice. */
function haveDistinctPaths(files: readonly { readonly path: string }[]): boolean {
  return new Set(files.map(({ path }) => path)).size === files.length;
}
