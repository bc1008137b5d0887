/** Turns the collected files into the manifest and its build SHA. Pure: the same inputs give the same text. */
import type { Digest } from "../schema/digest.ts";
import { buildSha, encodeManifest } from "../schema/manifest.ts";
import type { SourceFile } from "../schema/source.ts";
import type { OutputFile } from "./collect.ts";
import { contentTypeOf } from "./content-type.ts";
import { fingerprintedPaths } from "./fingerprint.ts";

export type Bundle = {
  readonly build: Digest;
  /** The canonical text of the manifest. */
  readonly manifest: string;
  readonly files: readonly OutputFile[];
  readonly bytes: number;
};

export async function packBundle(
  files: readonly OutputFile[],
  inputs: { readonly source: Digest; readonly env: Digest; readonly sourceFiles: readonly SourceFile[] },
): Promise<Bundle> {
  const sourceNames = new Set(inputs.sourceFiles.map(({ path }) => baseName(path)));
  const fingerprinted = fingerprintedPaths(
    files.map(({ path }) => ({ path, inSource: sourceNames.has(baseName(path)) })),
  );
  const manifest = encodeManifest({
    version: 1,
    source: inputs.source,
    env: inputs.env,
    files: files.map(({ path, size, sha256 }) => ({
      path,
      size,
      sha256,
      type: contentTypeOf(path),
      fingerprinted: fingerprinted.has(path),
    })),
  });
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { build: await buildSha(manifest), manifest, files, bytes };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
