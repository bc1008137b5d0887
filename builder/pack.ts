/** Turns the collected files into the manifest and its build SHA. Pure: the same inputs give the same text. */
import type { Digest } from "../schema/digest.ts";
import { DEFAULT_HTML_HANDLING, type HtmlHandling } from "../schema/html-handling.ts";
import { buildSha, encodeManifest } from "../schema/manifest.ts";
import type { Rules } from "../schema/rules.ts";
import type { SourceFile } from "../schema/source.ts";
import type { OutputFile } from "./collect.ts";
import { contentTypeOf } from "./content-type.ts";
import type { Encoded, StoredBlob } from "./encode.ts";
import { fingerprintedPaths } from "./fingerprint.ts";

export type Bundle = {
  readonly build: Digest;
  /** The canonical text of the manifest. */
  readonly manifest: string;
  readonly files: readonly OutputFile[];
  /** All that the manifest names; the same bytes may occur several times. */
  readonly blobs: readonly StoredBlob[];
  readonly bytes: number;
};

export type PackInputs = {
  readonly source: Digest;
  readonly env: Digest;
  readonly sourceFiles: readonly SourceFile[];
  readonly html: HtmlHandling;
  readonly rules: Rules | null;
  readonly encoded: Encoded;
  /** Values of `Link` headers by the path of the page. */
  readonly links: ReadonlyMap<string, string>;
};

export async function packBundle(files: readonly OutputFile[], inputs: PackInputs): Promise<Bundle> {
  const { encoded, links } = inputs;
  const sourceNames = new Set(inputs.sourceFiles.map(({ path }) => baseName(path)));
  const fingerprinted = fingerprintedPaths(
    files.map(({ path }) => ({ path, inSource: sourceNames.has(baseName(path)) })),
  );
  const manifest = encodeManifest({
    version: 1,
    source: inputs.source,
    env: inputs.env,
    ...(inputs.html !== DEFAULT_HTML_HANDLING && { html: inputs.html }),
    ...(inputs.rules && { rules: inputs.rules }),
    files: files.map(({ path, size, sha256 }) => ({
      path,
      size,
      sha256,
      type: contentTypeOf(path),
      fingerprinted: fingerprinted.has(path),
      encodings: encoded.encodings.get(sha256)?.slice(),
      links: links.get(path),
    })),
  });
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { build: await buildSha(manifest), manifest, files, blobs: [...files, ...encoded.blobs], bytes };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
