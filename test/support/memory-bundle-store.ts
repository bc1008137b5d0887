/** Bundles in memory, behind the router's port, with a count of what was opened. */

import { indexManifest, type ManifestIndex } from "../../router/manifest-index.ts";
import type { BundleStore } from "../../router/ports.ts";
import { sha256 } from "../../schema/digest.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { parseManifest } from "../../schema/manifest.ts";
import { type Bundle, utf8 } from "./routes.ts";

export interface MemoryBundleStore extends BundleStore {
  /** Keys that were read, in order. */
  readonly reads: string[];
  put(key: string, bytes: Uint8Array<ArrayBuffer>): void;
  delete(key: string): void;
  add(bundle: Bundle): void;
}

export function createMemoryBundleStore(): MemoryBundleStore {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const atHand = new Map<string, ManifestIndex>();
  const reads: string[] = [];

  return {
    reads,
    put: (key, bytes) => void objects.set(key, bytes),
    delete: (key) => void objects.delete(key),
    add(bundle) {
      objects.set(manifestKey(bundle.project, bundle.build), utf8(bundle.manifestText));
      for (const [digest, bytes] of bundle.blobs) objects.set(blobKey(bundle.project, digest), bytes);
    },
    manifestAtHand: (project, build) => atHand.get(manifestKey(project, build)) ?? null,
    async manifest(project, build) {
      const key = manifestKey(project, build);
      const kept = atHand.get(key);
      if (kept) return { kind: "found", value: kept };
      reads.push(key);
      const bytes = objects.get(key);
      if (!bytes) return { kind: "missing" };
      if ((await sha256(bytes)) !== build) return { kind: "damaged" };
      const index = indexManifest(parseManifest(new TextDecoder().decode(bytes)));
      atHand.set(key, index);
      return { kind: "found", value: index };
    },
    async blob(project, blob, part) {
      const key = blobKey(project, blob.sha256);
      reads.push(key);
      const bytes = objects.get(key);
      if (!bytes) return { kind: "missing" };
      if (bytes.length !== blob.size || (await sha256(bytes)) !== blob.sha256) return { kind: "damaged" };
      const { offset, length } = part ?? { offset: 0, length: bytes.length };
      return { kind: "found", value: bytes.subarray(offset, offset + length) };
    },
  };
}
