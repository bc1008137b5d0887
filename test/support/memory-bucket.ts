/** What the router uses of an R2 bucket, in memory, with a count of the reads. */
import type { ObjectReader } from "../../router/bundle-store.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { type Bundle, utf8 } from "./routes.ts";

export interface MemoryBucket extends ObjectReader {
  readonly reads: string[];
  add(bundle: Bundle): void;
}

export function createMemoryBucket(): MemoryBucket {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const reads: string[] = [];

  return {
    reads,
    add(bundle) {
      objects.set(manifestKey(bundle.project, bundle.build), utf8(bundle.manifestText));
      for (const [digest, bytes] of bundle.blobs) objects.set(blobKey(bundle.project, digest), bytes);
    },
    async get(key, options) {
      reads.push(key);
      const bytes = objects.get(key);
      if (!bytes) return null;
      const { offset, length } = options?.range ?? { offset: 0, length: bytes.length };
      const blob = new Blob([bytes.subarray(offset, offset + length)]);
      return { size: bytes.length, body: blob.stream(), arrayBuffer: () => blob.arrayBuffer() };
    },
  };
}
