/** The R2 bucket as control sees it: source lists, blobs, manifests and finished logs. Keys come from the schema. */
import type { Digest } from "../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../schema/ids.ts";
import { blobKey, logKey, manifestKey, sourceKey } from "../schema/keys.ts";

export type ObjectStore = ReturnType<typeof createObjectStore>;

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
  };
}
