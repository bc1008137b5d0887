/**
 * Content codings, made once per build instead of once per request: brotli, zstd and gzip of what compresses, kept only
 * where they save something. Same bytes, same level, same Node: same result, so the build SHA stays what the inputs make it.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip, constants as zlib, zstdCompress } from "node:zlib";
import type { Digest } from "../schema/digest.ts";
import { MAX_FILE_BYTES } from "../schema/limits.ts";
import type { EncodedBlob } from "../schema/manifest.ts";
import type { OutputFile } from "./collect.ts";
import { contentTypeOf } from "./content-type.ts";
import { hashBytes } from "./hash.ts";
import { mapConcurrent } from "./map-concurrent.ts";
import { readRegularFile } from "./regular-file.ts";

/** Bytes on the builder's disk that are to be stored under their hash. */
export type StoredBlob = Pick<OutputFile, "diskPath" | "size" | "sha256">;

export type Encoded = {
  /** By the sha256 of the plain bytes. */
  readonly encodings: ReadonlyMap<Digest, readonly EncodedBlob[]>;
  readonly blobs: readonly StoredBlob[];
};

/** Below, the headers outweigh what could be saved. */
export const MIN_ENCODED_BYTES = 1_024;
/** What an encoding must at least save of the plain size to be worth another thing to store and to cache. */
const MAX_SIZE_RATIO = 0.95;
const COMPRESSIBLE =
  /^(?:text\/|(?:application|image)\/[^;]*\+(?:xml|json)|application\/(?:javascript|json|xml|wasm|vnd\.ms-fontobject|x-ndjson|rtf)|font\/(?:ttf|otf|collection)|image\/(?:bmp|x-icon|vnd\.microsoft\.icon|x-ms-bmp))/;

type Effort = { readonly upToBytes: number; readonly brotli: number; readonly zstd: number; readonly gzip: number };

/** Brotli 11 takes about two seconds a megabyte: fine for an app's scripts, not for 20 000 pages. By what there is in all. */
const EFFORTS: readonly Effort[] = [
  { upToBytes: 4 * 1024 * 1024, brotli: 11, zstd: 19, gzip: 9 },
  { upToBytes: 64 * 1024 * 1024, brotli: 9, zstd: 12, gzip: 9 },
];
const LEAST_EFFORT: Effort = { upToBytes: Number.POSITIVE_INFINITY, brotli: 5, zstd: 6, gzip: 6 };

/** Node compresses on four threads. */
const FILES_AT_ONCE = 4;

/** @param folder does not exist yet; the encoded bytes are left in it */
export async function encodeFiles(files: readonly OutputFile[], folder: string, signal: AbortSignal): Promise<Encoded> {
  const wanted = [...new Map(files.filter(isCompressible).map((file) => [file.sha256, file])).values()];
  const effort = effortFor(wanted.reduce((sum, { size }) => sum + size, 0));
  await mkdir(folder, { mode: 0o700 });
  const blobs: StoredBlob[] = [];
  const encoded = await mapConcurrent(wanted, FILES_AT_ONCE, async (file) => {
    signal.throwIfAborted();
    const bytes = await readRegularFile(file.diskPath, MAX_FILE_BYTES);
    if (bytes === null || hashBytes(bytes) !== file.sha256)
      throw new Error(`${file.path} changed while it was encoded`);
    const encodings: EncodedBlob[] = [];
    for (const { encoding, bytes: packed } of await compress(bytes, effort)) {
      if (packed.length > bytes.length * MAX_SIZE_RATIO) continue;
      const sha256 = hashBytes(packed);
      const diskPath = join(folder, sha256);
      await writeFile(diskPath, packed, { mode: 0o600 });
      blobs.push({ diskPath, size: packed.length, sha256 });
      encodings.push({ encoding, size: packed.length, sha256 });
    }
    return [file.sha256, encodings] as const;
  });
  return { encodings: new Map(encoded.filter(([, encodings]) => encodings.length > 0)), blobs };
}

export function effortFor(totalBytes: number): Effort {
  return EFFORTS.find(({ upToBytes }) => totalBytes <= upToBytes) ?? LEAST_EFFORT;
}

function isCompressible({ path, size }: OutputFile): boolean {
  return size >= MIN_ENCODED_BYTES && COMPRESSIBLE.test(contentTypeOf(path));
}

async function compress(
  bytes: Buffer,
  effort: Effort,
): Promise<readonly { readonly encoding: string; readonly bytes: Buffer }[]> {
  const brotliParams = {
    [zlib.BROTLI_PARAM_QUALITY]: effort.brotli,
    [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [br, gz, zstd] = await Promise.all([
    promisify(brotliCompress)(bytes, { params: brotliParams }),
    promisify(gzip)(bytes, { level: effort.gzip }),
    promisify(zstdCompress)(bytes, { params: { [zlib.ZSTD_c_compressionLevel]: effort.zstd } }),
  ]);
  return [
    { encoding: "br", bytes: br },
    { encoding: "gzip", bytes: gz },
    { encoding: "zstd", bytes: zstd },
  ];
}
