/** Step `upload`: the blobs that the storage lacks, and then, only when all of them are there, the manifest. */
import type { Digest } from "../schema/digest.ts";
import { MAX_FILE_BYTES } from "../schema/limits.ts";
import { STORAGE_CONCURRENCY } from "./app-bundle-store.ts";
import { hashBytes } from "./hash.ts";
import { mapConcurrent } from "./map-concurrent.ts";
import type { Bundle } from "./pack.ts";
import { readRegularFile } from "./regular-file.ts";

export interface BundleStore {
  /** False when it was there already. */
  putBlob(sha256: Digest, bytes: Uint8Array): Promise<boolean>;
  putManifest(build: Digest, text: string): Promise<void>;
}

/** What was new to the storage. */
export type Stored = { readonly blobs: number; readonly bytes: number };

/** Throws the storage's error, or when a file on disk is no longer what was collected. */
export async function uploadBundle(store: BundleStore, bundle: Bundle, missing: readonly Digest[]): Promise<Stored> {
  const wanted = new Set(missing);
  const blobs = [...new Map(bundle.blobs.map((blob) => [blob.sha256, blob])).values()].filter(({ sha256 }) =>
    wanted.has(sha256),
  );
  const stored = await mapConcurrent(blobs, STORAGE_CONCURRENCY, async ({ sha256, diskPath }) => {
    const bytes = await readRegularFile(diskPath, MAX_FILE_BYTES);
    // The key promises these very bytes, so they are hashed again right before they are sent.
    if (bytes === null || hashBytes(bytes) !== sha256)
      throw new Error(`blob ${sha256} is no longer what was collected`);
    return (await store.putBlob(sha256, bytes)) ? bytes.length : null;
  });
  await store.putManifest(bundle.build, bundle.manifest);
  const sizes = stored.filter((size) => size !== null);
  return { blobs: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
