/**
 * A deployment's way from `building` to its publish, told by its `BuildRun`. Every function runs in the caller's
 * transaction and may be told the same thing twice: what is already so, or over, is left alone.
 */
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import type { AtelierConfig } from "../../schema/contracts/atelier-config.ts";
import type { CreateDeployment } from "../../schema/contracts/deployments.ts";
import type { BuildSettings } from "../../schema/contracts/project-settings.ts";
import type { Digest } from "../../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { manifestKey } from "../../schema/keys.ts";
import { type DeploymentPhase, type FailureReason, isInProgress } from "../../schema/lifecycle.ts";
import { deployments } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import {
  type DeploymentRow,
  findDeployment,
  findReusable,
  moveDeployment,
  patchDeployment,
} from "./deployment-rows.ts";
import { goLive, type Publishing } from "./go-live.ts";
import { recordEvent } from "./journal.ts";
import { enqueue } from "./outbox.ts";
import {
  type Announcement,
  announceBlobs,
  type Blob,
  BUSY,
  type Busy,
  isBusy,
  missingFrom,
  recordSeen,
} from "./stored-blobs.ts";
import { BUILDER, endTurn, passTurn, startNext } from "./turns.ts";

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

/** What a run learns when it tells how far it is. `over`: the deployment was ended elsewhere, and the run has to end too. */
export type Reply = "noted" | "over";
/** How a bundle was published: to everybody, or to a part of the visitors. */
export type Published = "live" | "canary" | "over";

export function addDeployment(
  db: Database,
  project: ProjectId,
  fields: CreateDeployment & {
    id: DeploymentId;
    env: Digest;
    settings: BuildSettings;
    retryOf?: DeploymentId;
    createdBy: Actor;
  },
  now: number,
): DeploymentRow {
  const at = new Date(now).toISOString();
  const row = db
    .insert(deployments)
    .values({
      ...fields,
      createdBy: nameOf(fields.createdBy),
      createdByToken: tokenOf(fields.createdBy),
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
    data: { source: row.source, commit: fields.commit?.sha ?? null, retryOf: row.retryOf },
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
  publishing: Publishing,
): BuildStart {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status)) return { kind: "over" };
  const earlier = row.fresh || row.status !== "building" ? null : findReusable(db, inputs);
  patchDeployment(db, id, { inputs });
  if (earlier?.build == null) return { kind: "build" };
  const { build, files, bytes, config } = earlier;
  markBuilt(db, id, { build, files: files ?? 0, bytes: bytes ?? 0, config: config ?? {} }, now, { reused: true });
  markUploading(db, id, now);
  publish(db, project, id, { build, blobs: 0, bytes: 0 }, now, publishing);
  return { kind: "reused", from: earlier.id };
}

export type UploadStart =
  | { readonly kind: "missing"; readonly missing: readonly Digest[] }
  | Busy
  /** This deployment waits for no bundle (any more). */
  | { readonly kind: "over" };

/** The blobs and the manifest of what was built are relied upon from now on. */
export function announceUpload(
  db: Database,
  id: DeploymentId,
  build: Digest,
  files: readonly Blob[],
  announcement: Announcement,
): UploadStart {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status) || row.build !== build) return { kind: "over" };
  if (isBusy(db, [manifestKey(announcement.project, build)])) return BUSY;
  const announced = announceBlobs(db, files, announcement);
  if (announced.kind === "busy") return BUSY;
  return {
    kind: "missing",
    missing: missingFrom(
      announced.stored,
      files.map(({ sha }) => sha),
    ),
  };
}

export function recordVerified(db: Database, id: DeploymentId, seen: readonly Blob[], now: number): void {
  const row = findDeployment(db, id);
  if (row && isInProgress(row.status)) recordSeen(db, seen, now);
}

/** A second attempt may have made another bundle: the row always names the one that will be stored. */
export function markBuilt(
  db: Database,
  id: DeploymentId,
  { build, files, bytes, config }: BuiltBundle,
  now: number,
  { reused }: { reused: boolean } = { reused: false },
): Reply {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status)) return "over";
  if (row.build === build) return "noted";
  const at = new Date(now).toISOString();
  const bundle = { build, files, bytes, config, reused, updatedAt: at };
  if (row.status === "building") moveDeployment(db, row, "built", bundle);
  else patchDeployment(db, id, bundle);
  const data = { build, files, bytes, reused };
  recordEvent(db, { at, type: "deployment.built", actor: BUILDER, channel: row.channel, deployment: id, data });
  return "noted";
}

export function markUploading(db: Database, id: DeploymentId, now: number): void {
  const row = findDeployment(db, id);
  if (row?.status !== "built") return;
  const at = new Date(now).toISOString();
  moveDeployment(db, row, "uploading", { phase: "upload", updatedAt: at });
  recordEvent(db, { at, type: "deployment.uploading", actor: BUILDER, channel: row.channel, deployment: id });
}

/** This bundle is stored and verified: it goes live or becomes the canary, unless the deployment was ended before. */
export function publish(
  db: Database,
  project: ProjectId,
  id: DeploymentId,
  verified: VerifiedBundle,
  now: number,
  publishing: Publishing,
): Published {
  const row = findDeployment(db, id);
  // A canary that failed had been published: its run is no less done.
  if (row?.status === "failed" && !row.whole) return "over";
  if (row?.status !== "uploading") return row?.status === "canary" ? "canary" : "live";
  if (row.build !== verified.build) throw new Error(`${verified.build} was verified, but ${id} has ${row.build}`);
  const whole = patchDeployment(db, id, { whole: true, uploadedBlobs: verified.blobs, uploadedBytes: verified.bytes });
  const published = goLive({ db, project, now }, whole, publishing);
  enqueueIndex(db, row, now);
  passTurn(db, project, row, now);
  return published;
}

export function fail(
  db: Database,
  project: ProjectId,
  id: DeploymentId,
  reason: FailureReason,
  detail: string,
  now: number,
): Reply {
  const row = findDeployment(db, id);
  if (!row || !isInProgress(row.status)) return row?.failureReason === reason ? "noted" : "over";
  endTurn(db, project, row, { reason, detail, actor: BUILDER }, now);
  return "noted";
}

function enqueueIndex(db: Database, { id, channel, build, createdAt }: DeploymentRow, now: number): void {
  enqueue(db, "index", `index/${id}`, { deployment: id, channel, build, createdAt }, now);
}
