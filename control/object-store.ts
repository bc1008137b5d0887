/** The R2 bucket as control sees it: source lists, blobs, manifests and finished logs. Keys come from the schema. */
import type { Digest } from "../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../schema/ids.ts";
import { blobKey, logKey, manifestKey, sourceKey } from "../schema/keys.ts";

export type ObjectStore = ReturnType<typeof createObjectStore>;

/** `uploadedAt` in milliseconds since the epoch. */
export type ListedObject = { readonly key: string; readonly size: number; readonly uploadedAt: number };

/** What R2 takes in one call of delete, and gives in one page of a list. */
export const MAX_KEYS = 1_000;

export function createObjectStore(bucket: R2Bucket) {
  return {
    /** Same key, same bytes: putting it again changes nothing. */
    async putSource(project: ProjectId, source: Digest, text: string): Promise<void> {
      await bucket.put(sourceKey(project, source), text);
    },

    /** R2 refuses bytes that do not match the hash (error 10037). */
    async putBlob(project: ProjectId, sha: Digest, bytes: ArrayBuffer): Promise<void> {
      await bucket.put(blobKey(project, sha), bytes, { sha256: sha });
    },

    /** @returns the size in bytes, null when it is not there */
    async blobSize(project: ProjectId, sha: Digest): Promise<number | null> {
      return (await bucket.head(blobKey(project, sha)))?.size ?? null;
    },

    async getManifest(project: ProjectId, build: Digest): Promise<string | null> {
      return (await (await bucket.get(manifestKey(project, build)))?.text()) ?? null;
    },

    async putLog(project: ProjectId, deployment: DeploymentId, ndjson: string): Promise<void> {
      await bucket.put(logKey(project, deployment), ndjson, { httpMetadata: { contentType: "application/x-ndjson" } });
    },

    async hasLog(project: ProjectId, deployment: DeploymentId): Promise<boolean> {
      return (await bucket.head(logKey(project, deployment))) !== null;
    },

    async getLog(project: ProjectId, deployment: DeploymentId): Promise<string | null> {
      return (await (await bucket.get(logKey(project, deployment)))?.text()) ?? null;
    },

    /** The bytes under a key, as they come. */
    async open(key: string): Promise<ReadableStream<Uint8Array> | null> {
      return (await bucket.get(key))?.body ?? null;
    },

    /** At most 1 000 objects whose keys begin with the prefix and come after `after`, in the order of their keys. */
    async list(prefix: string, after: string | null): Promise<{ objects: ListedObject[]; more: boolean }> {
      const page = await bucket.list({ prefix, limit: MAX_KEYS, ...(after !== null && { startAfter: after }) });
      const objects = page.objects.map(({ key, size, uploaded }) => ({ key, size, uploadedAt: uploaded.getTime() }));
      return { objects, more: page.truncated };
    },

    /** At most 1 000 keys. Those that are not there do not matter. */
    async remove(keys: readonly string[]): Promise<void> {
      if (keys.length > 0) await bucket.delete([...keys]);
    },
  };
}
