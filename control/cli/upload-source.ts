/** Brings a workspace to the API as a source: the list first, then the blobs that it does not have yet, then the list again. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Digest, toDigest } from "../../schema/digest.ts";
import type { ProjectId } from "../../schema/ids.ts";
import type { SourceFile } from "../../schema/source.ts";
import type { ApiClient } from "./api-client.ts";
import { encodeBatch, planBatches } from "./blob-batch.ts";
import { Failure } from "./failure.ts";
import type { Workspace } from "./workspace.ts";

/** How much has been sent, and of how much. */
export type UploadState = {
  readonly blobs: number;
  readonly bytes: number;
  readonly ofBlobs: number;
  readonly ofBytes: number;
};
export type UploadedSource = { readonly source: Digest; readonly sent: UploadState };

/**
 * One isolate may get them all, and holds each twice: 2 x 2 x 8 MiB = 32 MiB of its 128 MB, and with two of the largest
 * files 2 x 2 x 25 MiB = 100 MiB.
 */
const BATCHES_AT_ONCE = 2;
/** The second time usually commits. More are for an API that counts large sources in several goes. */
const MAX_ROUNDS = 30;
const ROUND_PAUSE_MS = 300;

/** @throws Failure `failed` when a file changes while it is being sent, `unknown` when the source is never committed */
export async function uploadSource(
  api: Pick<ApiClient, "createSource" | "sendBlobs">,
  project: ProjectId,
  workspace: Workspace,
  onProgress: (state: UploadState) => void,
): Promise<UploadedSource> {
  const fileOf = new Map(workspace.files.map((file) => [file.sha256, file]));
  let sent: UploadState = { blobs: 0, bytes: 0, ofBlobs: 0, ofBytes: 0 };
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const { source, committed, missing } = await api.createSource(project, workspace.files);
    if (committed) return { source, sent };
    const blobs = missing.map((sha256) => fileOf.get(sha256) ?? refuseUnlisted(sha256));
    sent = { ...sent, ofBlobs: sent.blobs + blobs.length, ofBytes: sent.bytes + sizeOf(blobs) };
    onProgress(sent);
    const batches = planBatches(blobs);
    while (batches.length > 0) {
      // After a failure nothing more is sent, and what is on its way comes to its end before the failure is told.
      const ended = await Promise.allSettled(batches.splice(0, BATCHES_AT_ONCE).map(sendBatch));
      for (const batch of ended) if (batch.status === "rejected") throw batch.reason;
    }
    if (round > 1) await pause(ROUND_PAUSE_MS);
  }
  throw new Failure(
    "unknown",
    "The API took every file but never called the source complete. Nothing was deployed; try again.",
  );

  async function sendBatch(batch: readonly SourceFile[]): Promise<void> {
    await api.sendBlobs(project, encodeBatch(await Promise.all(batch.map((file) => readBlob(workspace, file)))));
    sent = { ...sent, blobs: sent.blobs + batch.length, bytes: sent.bytes + sizeOf(batch) };
    onProgress(sent);
  }
}

async function readBlob({ root }: Workspace, { path, sha256 }: SourceFile) {
  const bytes = await readFile(join(root, path)).catch(() => null);
  if (bytes && toDigest(createHash("sha256").update(bytes).digest()) === sha256) return { sha256, bytes };
  throw new Failure(
    "failed",
    `${JSON.stringify(path)} changed while it was being sent. Nothing was deployed; try again when nothing writes to the folder.`,
  );
}

function sizeOf(files: readonly SourceFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

function refuseUnlisted(sha256: Digest): never {
  throw new Failure(
    "unknown",
    `The API asked for a file that is not in the folder (${sha256}). Is this CLI up to date?`,
  );
}
