/**
 * Whose turn it is on a channel: how a deployment's run starts, how it ends without being live, and who comes next. Every
 * function runs in the caller's transaction.
 */
import type { Actor } from "../../schema/actor.ts";
import { DEFAULT_SETTINGS } from "../../schema/contracts/project-settings.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { type FailureReason, isInProgress } from "../../schema/lifecycle.ts";
import type { PlatformActor } from "../../schema/platform-actor.ts";
import { isAbandoned } from "./abandonment.ts";
import { planQueue } from "./build-queue.ts";
import type { Database } from "./database.ts";
import {
  type DeploymentRow,
  findDeployment,
  inProgress,
  inProgressOn,
  moveDeployment,
  patchDeployment,
} from "./deployment-rows.ts";
import { recordEvent } from "./journal.ts";
import { dequeue, enqueue, findEntry } from "./outbox.ts";
import type { BuildRequest } from "./progress.ts";

export const BUILDER: PlatformActor = "builder";
/** Who acts when nobody asked: the platform's own rules. */
export const PLATFORM: PlatformActor = "platform";

export type Failure = {
  readonly reason: FailureReason;
  readonly detail: string;
  readonly actor: Actor;
  /** Why, in the words of the actor. */
  readonly why?: string | undefined;
};

/** Ends a deployment that is in progress, and lets the next one of its channel begin. */
export function endTurn(
  db: Database,
  project: ProjectId,
  row: DeploymentRow,
  failure: Failure,
  now: number,
): DeploymentRow {
  const failed = markFailed(db, row, failure, now);
  passTurn(db, project, row, now);
  return failed;
}

/** The same, of a deployment whose run does not know: it is told to stop. */
export function breakOffTurn(
  db: Database,
  project: ProjectId,
  row: DeploymentRow,
  failure: Failure,
  now: number,
): DeploymentRow {
  enqueue(db, "stop", stopKey(row.id), toRequest(project, row), now);
  return endTurn(db, project, row, failure, now);
}

/** Gives up what stands still. */
export function breakOffAbandoned(db: Database, project: ProjectId, now: number): void {
  for (const row of inProgress(db)) {
    if (!isAbandoned(row, now)) continue;
    const detail = `There was no progress since ${row.updatedAt}, in phase ${row.phase ?? "none"}.`;
    breakOffTurn(db, project, row, { reason: "upload_abandoned", detail, actor: PLATFORM }, now);
  }
}

/** Ends what is in progress on a channel, or on all of them, without starting what comes next. @returns how many */
export function cancelAll(
  db: Database,
  project: ProjectId,
  channel: Channel | null,
  failure: Pick<Failure, "detail" | "actor" | "why">,
  now: number,
): number {
  const rows = channel ? inProgressOn(db, channel) : inProgress(db);
  for (const row of rows) {
    enqueue(db, "stop", stopKey(row.id), toRequest(project, row), now);
    markFailed(db, row, { reason: "cancelled", ...failure }, now);
    dequeue(db, startKey(row.id));
  }
  return rows.length;
}

/** A settled deployment's run need not be told to go on any more. */
export function passTurn(
  db: Database,
  project: ProjectId,
  { id, channel }: Pick<DeploymentRow, "id" | "channel">,
  now: number,
): void {
  dequeue(db, startKey(id));
  startNext(db, project, channel, now);
}

export function startNext(db: Database, project: ProjectId, channel: Channel, now: number): void {
  const waiting = inProgressOn(db, channel);
  const { start, replaced } = planQueue(waiting);
  for (const row of waiting) {
    if (replaced.includes(row.id)) {
      markFailed(db, row, { reason: "replaced", detail: "A newer deployment was waiting.", actor: PLATFORM }, now);
    }
    if (row.id !== start) continue;
    const at = new Date(now).toISOString();
    patchDeployment(db, row.id, { phase: "starting", updatedAt: at });
    recordEvent(db, { at, type: "deployment.building", actor: BUILDER, channel, deployment: row.id });
    enqueue(db, "start", startKey(row.id), toRequest(project, row), now);
  }
}

/** Whether its run is still to come, or to hear of its end: the log may get further lines. */
export function awaitsRun(db: Database, id: DeploymentId): boolean {
  if (isInProgress(findDeployment(db, id)?.status ?? "failed")) return true;
  return findEntry(db, stopKey(id)) !== null;
}

/** Of a deployment that is in progress, or a canary. */
export function markFailed(
  db: Database,
  row: DeploymentRow,
  { reason, detail, actor, why }: Failure,
  now: number,
): DeploymentRow {
  const at = new Date(now).toISOString();
  const patch = { phase: null, failureReason: reason, failureDetail: detail, updatedAt: at };
  const { id: deployment, channel } = row;
  const data = { reason, detail };
  recordEvent(db, { at, type: "deployment.failed", actor, channel, deployment, reason: why ?? null, data });
  return moveDeployment(db, row, "failed", patch);
}

function toRequest(project: ProjectId, { id, source, env, settings }: DeploymentRow): BuildRequest {
  return { project, deployment: id, source, env, settings: settings ?? DEFAULT_SETTINGS.build };
}

function startKey(id: DeploymentId): string {
  return `start/${id}`;
}

function stopKey(id: DeploymentId): string {
  return `stop/${id}`;
}
