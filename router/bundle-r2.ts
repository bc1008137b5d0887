/**
 * Manifests and blobs from R2, through this isolate's memory. Keys are made of digests that a record or a manifest names,
 * never of a request's path. What enters the memory is checked against its name once.
 */
import { type Digest, sha256 } from "../schema/digest.ts";
import { blobKey, manifestKey } from "../schema/keys.ts";
import { type ManifestFile, parseManifest } from "../schema/manifest.ts";
import { createBoundedMap } from "./bounded-map.ts";
import { withDeadline } from "./deadline.ts";
import { indexFiles, type ManifestIndex } from "./manifest-index.ts";
import type { BundleStore, Clock, KeepAlive, Read } from "./ports.ts";
import { createSingleFlight } from "./single-flight.ts";

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

/** What of an R2 bucket is used. */
export interface ObjectReader {
  get(key: string): Promise<StoredObject | null>;
}
type StoredObject = Pick<R2ObjectBody, "size" | "body" | "arrayBuffer">;

type Kept = { readonly manifest: ManifestIndex } | { readonly blob: ArrayBuffer };

export function createR2BundleStore(
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
    blob(project, file) {
      const key = blobKey(project, file.sha256);
      const kept = memory.get(key);
      return kept && "blob" in kept ? { kind: "found", value: kept.blob } : readBlob(key, file);
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
    const { files } = parseManifest(new TextDecoder().decode(bytes));
    const manifest = indexFiles(files);
    memory.set(key, { manifest }, bytes.byteLength + files.length * INDEX_BYTES_PER_FILE);
    return { kind: "found", value: manifest };
  }

  async function readBlob(key: string, file: ManifestFile): Promise<Read<ArrayBuffer | ReadableStream>> {
    const object = await bucket.get(key);
    if (!object) return { kind: "missing" };
    if (object.size !== file.size) {
      await object.body.cancel();
      return { kind: "damaged" };
    }
    if (file.size > MAX_KEPT_BLOB_BYTES) return { kind: "found", value: object.body };
    const blob = await object.arrayBuffer();
    if ((await sha256(blob)) !== file.sha256) return { kind: "damaged" };
    memory.set(key, { blob }, blob.byteLength + ENTRY_BYTES);
    return { kind: "found", value: blob };
  }
}
