/**
 * Manifests and blobs from stored objects (R2's binding, or plain S3), through this isolate's memory. Keys are made of digests that a record or a manifest names,
 * never of a request's path. What enters the memory is checked against its name once.
 */
import { type Digest, sha256 } from "../schema/digest.ts";
import { blobKey, manifestKey } from "../schema/keys.ts";
import { type BlobRef, parseManifest } from "../schema/manifest.ts";
import { createBoundedMap } from "./bounded-map.ts";
import { withDeadline } from "./deadline.ts";
import { indexManifest, type ManifestIndex } from "./manifest-index.ts";
import type { BundleStore, BytePart, Clock, KeepAlive, Read } from "./ports.ts";
import { createSingleFlight } from "./single-flight.ts";
import { StorageOutage } from "./storage-outage.ts";

/** DESIGN, "Hot path": 32 MB of the isolate's 128, for blobs and manifests together. */
const MEMORY_BYTES = 32 * 1024 * 1024;
/** Larger blobs are streamed through and not kept: a few of them would push out every page. */
export const MAX_KEPT_BLOB_BYTES = 1024 * 1024;
/** On top of a file's share of the manifest's text. Measured in Node 24: 20 000 files of 200 bytes of text take 336 each. */
const INDEX_BYTES_PER_FILE = 160;
/** For a manifest that another request is already reading; then this request reads it itself. */
const JOIN_DEADLINE_MS = 2_000;

/** What an entry takes beside its bytes: keys of 110 characters, and the map's own books. */
const ENTRY_BYTES = 256;

/** What of a storage is used. R2's binding is one as it is. */
export interface ObjectReader {
  get(key: string, options?: { readonly range: BytePart }): Promise<StoredObject | null>;
}
/** `size` is that of the whole object, also when a part was asked for. */
interface StoredObject {
  readonly size: number;
  readonly body: ReadableStream;
  arrayBuffer(): Promise<ArrayBuffer>;
}

type Kept = { readonly manifest: ManifestIndex } | { readonly blob: Uint8Array<ArrayBuffer> };

export function createBundleStore(
  bucket: ObjectReader,
  { clock, keepAlive }: { readonly clock: Clock; readonly keepAlive: KeepAlive },
): BundleStore {
  const memory = createBoundedMap<Kept>(MEMORY_BYTES);
  const flights = createSingleFlight<Read<ManifestIndex>>(clock, keepAlive, JOIN_DEADLINE_MS);

  return {
    manifest(project, build) {
      const key = manifestKey(project, build);
      const kept = keptManifest(key);
      return kept ? { kind: "found", value: kept } : readManifestTogether(key, build);
    },
    manifestAtHand(project, build) {
      return keptManifest(manifestKey(project, build));
    },
    blob(project, blob, part) {
      const key = blobKey(project, blob.sha256);
      const kept = memory.get(key);
      return kept && "blob" in kept ? { kind: "found", value: cut(kept.blob, part) } : readBlob(key, blob, part);
    },
  };

  function keptManifest(key: string): ManifestIndex | null {
    const kept = memory.get(key);
    return kept && "manifest" in kept ? kept.manifest : null;
  }

  async function readManifestTogether(key: string, build: Digest): Promise<Read<ManifestIndex>> {
    const read = () => readManifest(key, build);
    const flight = flights.join(key, read);
    if (flight.isOwn) return flight.landing;
    const landed = await withDeadline(clock, JOIN_DEADLINE_MS, flight.landing);
    return landed.ok ? landed.value : read();
  }

  async function readManifest(key: string, build: Digest): Promise<Read<ManifestIndex>> {
    const object = await bucket.get(key);
    if (!object) return { kind: "missing" };
    const bytes = await object.arrayBuffer();
    if ((await sha256(bytes)) !== build) return { kind: "damaged" };
    const manifest = parseManifest(new TextDecoder().decode(bytes));
    const index = indexManifest(manifest);
    memory.set(key, { manifest: index }, bytes.byteLength + manifest.files.length * INDEX_BYTES_PER_FILE);
    return { kind: "found", value: index };
  }

  async function readBlob(
    key: string,
    { size, sha256: digest }: BlobRef,
    part: BytePart | undefined,
  ): Promise<Read<Uint8Array<ArrayBuffer> | ReadableStream>> {
    const isKept = size <= MAX_KEPT_BLOB_BYTES;
    const object = await bucket.get(key, part && !isKept ? { range: part } : undefined);
    if (!object) return { kind: "missing" };
    if (object.size !== size) {
      await object.body.cancel();
      return { kind: "damaged" };
    }
    if (!isKept) return { kind: "found", value: object.body };
    const blob = new Uint8Array(await object.arrayBuffer());
    if ((await sha256(blob)) !== digest) return { kind: "damaged" };
    memory.set(key, { blob }, blob.byteLength + ENTRY_BYTES);
    return { kind: "found", value: cut(blob, part) };
  }
}

function cut(bytes: Uint8Array<ArrayBuffer>, part: BytePart | undefined): Uint8Array<ArrayBuffer> {
  return part ? bytes.subarray(part.offset, part.offset + part.length) : bytes;
}

/** The same storage, whose errors say what they are. A body that breaks off after the response began is beyond that. */
export function tellOutages(bucket: ObjectReader): ObjectReader {
  return {
    async get(key, options) {
      const object = await outage(bucket.get(key, options));
      if (object === null) return null;
      return { size: object.size, body: object.body, arrayBuffer: () => outage(object.arrayBuffer()) };
    },
  };
}

function outage<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new StorageOutage(cause);
  });
}
