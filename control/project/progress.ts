/**
 * A deployment's way from `building` to its publish, told by its `BuildRun`. Every function runs in the caller's
 * transaction and may be told the same thing twice: what is already so, or over, is left alone.
 */
import type { AtelierConfig } from "../../schema/contracts/atelier-config.ts";
import type { CreateDeployment } from "../../schema/contracts/deployments.ts";
import { type BuildSettings, DEFAULT_SETTINGS } from "../../schema/contracts/project-settings.ts";
import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { type DeploymentPhase, type FailureReason, isInProgress } from "../../schema/lifecycle.ts";
import { deployments } from "../../schema/project/tables.ts";
import { planQueue } from "./build-queue.ts";
import type { Database } from "./database.ts";
import {
  type DeploymentRow,
  findDeployment,
  findReusable,
  inProgress,
  inProgressOn,
  moveDeployment,
  patchDeployment,
} from "./deployment-rows.ts";
import { recordEvent } from "./journal.ts";
import { dequeue, enqueue } from "./outbox.ts";
import { flipTo } from "./registry.ts";

export type BuiltBundle = {
  readonly build: Digest;
  readonly files: number;
  readonly bytes: number;
  readonly config: AtelierConfig;
};

/** Of which so many blobs and bytes had to be stored. */
export type VerifiedBundle = { readonly build: Digest; readonly blobs: number; readonly bytes: number };

/** What a `BuildRun` is started with. */
export type BuildRequest = {
  readonly project: ProjectId;
  readonly deployment: DeploymentId;
  readonly source: Digest;
  readonly env: Digest;
  readonly settings: BuildSettings;
};

const BUILDER = "builder";

export function addDeployment(
  db: Database,
  project: ProjectId,
  fields: CreateDeployment & { id: DeploymentId; env: Digest; settings: BuildSettings; createdBy: string },
  now: number,
): DeploymentRow {
  const at = new Date(now).toISOString();
  const row = db
    .insert(deployments)
    .values({
      ...fields,
      message: fields.message ?? null,
      commit: fields.commit ?? null,
      status: "building",
      phase: "queued",
      createdAt: at,
      updatedAt: at,
    })
    .returning()
    .get();
  recordEvent(db, {
    at,
    type: "deployment.created",
    actor: fields.createdBy,
    channel: row.channel,
    deployment: row.id,
    data: { source: row.source, commit: fields.commit?.sha ?? null },
  });
  enqueueIndex(db, row, now);
  startNext(db, project, row.channel, now);
  return findDeployment(db, row.id) ?? row;
}

export function enterPhase(db: Database, id: DeploymentId, phase: DeploymentPhase, now: number): void {
  const row = findDeployment(db, id);
  if (row && isInProgress(row.status)) patchDeployment(db, id, { phase, updatedAt: new Date(now).toISOString() });
}

export type BuildStart =
  | { readonly kind: "build" }
  /** A whole bundle of the same inputs existed and was published at once. */
  | { readonly kind: "reused"; readonly from: DeploymentId }
  /** This deployment does not wait for a build (any more). */
  | { readonly kind: "over" };

/**
 * Notes what the bundle will be made of, and says whether that has to be built. Asked again after a builder was lost,
 * when the deployment may be `built` or `uploading` already, it says: build.
 */
export function beginBuild(
  db: Database,
  project: ProjectId,
  id: DeploymentId,
  inputs: Digest,
  now: number,
): BuildStart {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status)) return { kind: "over" };
  const earlier = row.fresh || row.status !== "building" ? null : findReusable(db, inputs);
  patchDeployment(db, id, { inputs });
  if (earlier?.build == null) return { kind: "build" };
  const { build, files, bytes, config } = earlier;
  markBuilt(db, id, { build, files: files ?? 0, bytes: bytes ?? 0, config: config ?? {} }, now, { reused: true });
  markUploading(db, id, now);
  publish(db, project, id, { build, blobs: 0, bytes: 0 }, now);
  return { kind: "reused", from: earlier.id };
}

/** A second attempt may have made another bundle: the row always names the one that will be stored. */
export function markBuilt(
  db: Database,
  id: DeploymentId,
  { build, files, bytes, config }: BuiltBundle,
  now: number,
  { reused }: { reused: boolean } = { reused: false },
): void {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status) || row.build === build) return;
  const at = new Date(now).toISOString();
  const bundle = { build, files, bytes, config, reused, updatedAt: at };
  if (row.status === "building") moveDeployment(db, row, "built", bundle);
  else patchDeployment(db, id, bundle);
  const data = { build, files, bytes, reused };
  recordEvent(db, { at, type: "deployment.built", actor: BUILDER, channel: row.channel, deployment: id, data });
}

export function markUploading(db: Database, id: DeploymentId, now: number): void {
  const row = findDeployment(db, id);
  if (row?.status !== "built") return;
  const at = new Date(now).toISOString();
  moveDeployment(db, row, "uploading", { phase: "upload", updatedAt: at });
  recordEvent(db, { at, type: "deployment.uploading", actor: BUILDER, channel: row.channel, deployment: id });
}

/** This bundle is stored and verified: it goes live. */
export function publish(
  db: Database,
  project: ProjectId,
  id: DeploymentId,
  verified: VerifiedBundle,
  now: number,
): void {
  const row = findDeployment(db, id);
  if (row?.status !== "uploading") return;
  if (row.build !== verified.build) throw new Error(`${verified.build} was verified, but ${id} has ${row.build}`);
  const whole = patchDeployment(db, id, { whole: true, uploadedBlobs: verified.blobs, uploadedBytes: verified.bytes });
  flipTo(db, { project, deployment: whole, kind: "deploy", by: row.createdBy, reason: row.message, now });
  enqueueIndex(db, row, now);
  dequeue(db, startKey(id));
  startNext(db, project, row.channel, now);
}

export function fail(
  db: Database,
  project: ProjectId,
  id: DeploymentId,
  reason: FailureReason,
  detail: string,
  now: number,
): void {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status)) return;
  markFailed(db, row, reason, detail, now);
  dequeue(db, startKey(id));
  startNext(db, project, row.channel, now);
}

/** Ends what is in progress on a channel, or on all of them, without starting what comes next. @returns how many */
export function cancelAll(
  db: Database,
  { channel, detail, now }: { channel?: Channel; actor: string; detail: string; now: number },
): number {
  const rows = channel ? inProgressOn(db, channel) : inProgress(db);
  for (const row of rows) {
    markFailed(db, row, "cancelled", detail, now);
    dequeue(db, startKey(row.id));
  }
  return rows.length;
}

function startNext(db: Database, project: ProjectId, channel: Channel, now: number): void {
  const inProgress = inProgressOn(db, channel);
  const { start, replaced } = planQueue(inProgress);
  for (const row of inProgress) {
    if (replaced.includes(row.id)) markFailed(db, row, "replaced", "A newer deployment was waiting.", now);
    if (row.id !== start) continue;
    const at = new Date(now).toISOString();
    patchDeployment(db, row.id, { phase: "starting", updatedAt: at });
    recordEvent(db, { at, type: "deployment.building", actor: BUILDER, channel, deployment: row.id });
    const settings = row.settings ?? DEFAULT_SETTINGS.build;
    const request: BuildRequest = { project, deployment: row.id, source: row.source, env: row.env, settings };
    enqueue(db, "start", startKey(row.id), request, now);
  }
}

function startKey(id: DeploymentId): string {
  return `start/${id}`;
}

function enqueueIndex(db: Database, { id, channel, build, createdAt }: DeploymentRow, now: number): void {
  enqueue(db, "index", `index/${id}`, { deployment: id, channel, build, createdAt }, now);
}

function markFailed(db: Database, row: DeploymentRow, reason: FailureReason, detail: string, now: number): void {
  const at = new Date(now).toISOString();
  moveDeployment(db, row, "failed", { phase: null, failureReason: reason, failureDetail: detail, updatedAt: at });
  recordEvent(db, {
    at,
    type: "deployment.failed",
    actor: BUILDER,
    channel: row.channel,
    deployment: row.id,
    data: { reason, detail },
  });
}
