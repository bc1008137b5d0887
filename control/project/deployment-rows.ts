import { and, desc, eq, inArray, lt } from "drizzle-orm";
import type { TokenActor } from "../../schema/actor.ts";
import type { Deployment, ListDeployments } from "../../schema/contracts/deployments.ts";
import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { canBecome, type DeploymentStatus, FAILURES, IN_PROGRESS_STATUSES } from "../../schema/lifecycle.ts";
import { deployments } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";

export type DeploymentRow = typeof deployments.$inferSelect;
export type DeploymentPatch = Partial<Omit<DeploymentRow, "id" | "channel" | "status" | "createdAt">>;

export function findDeployment(db: Database, id: DeploymentId): DeploymentRow | null {
  return db.select().from(deployments).where(eq(deployments.id, id)).get() ?? null;
}

export type DeploymentQuery = Pick<ListDeployments, "channel" | "status" | "build" | "limit"> & {
  readonly before: DeploymentId | undefined;
};

/** Newest first. */
export function listDeployments(db: Database, query: DeploymentQuery): DeploymentRow[] {
  const { channel, status, build, before, limit } = query;
  return db
    .select()
    .from(deployments)
    .where(
      and(
        channel && eq(deployments.channel, channel),
        status && eq(deployments.status, status),
        build && eq(deployments.build, build),
        before && lt(deployments.id, before),
      ),
    )
    .orderBy(desc(deployments.id))
    .limit(limit)
    .all();
}

export function inProgress(db: Database): DeploymentRow[] {
  return db
    .select()
    .from(deployments)
    .where(inArray(deployments.status, [...IN_PROGRESS_STATUSES]))
    .all();
}

export function inProgressOn(db: Database, channel: Channel): DeploymentRow[] {
  return db
    .select()
    .from(deployments)
    .where(and(eq(deployments.channel, channel), inArray(deployments.status, [...IN_PROGRESS_STATUSES])))
    .all();
}

/** A deployment whose verified bundle came of the same inputs, newest first. */
export function findReusable(db: Database, inputs: Digest): DeploymentRow | null {
  return (
    db
      .select()
      .from(deployments)
      .where(and(eq(deployments.inputs, inputs), eq(deployments.whole, true)))
      .orderBy(desc(deployments.id))
      .get() ?? null
  );
}

/** Moves a deployment along the transition table. Throws on a transition that the table does not have. */
export function moveDeployment(
  db: Database,
  row: DeploymentRow,
  to: DeploymentStatus,
  patch: DeploymentPatch,
): DeploymentRow {
  if (!canBecome(row.status, to)) throw new Error(`a ${row.status} deployment can not become ${to}: ${row.id}`);
  return patchDeployment(db, row.id, { ...patch, status: to });
}

export function patchDeployment(
  db: Database,
  id: DeploymentId,
  patch: DeploymentPatch & { status?: DeploymentStatus },
): DeploymentRow {
  return db.update(deployments).set(patch).where(eq(deployments.id, id)).returning().get();
}

/** The bundle of a build is not what it should be, whichever deployments have it. */
export function markNotWhole(db: Database, build: Digest): void {
  db.update(deployments).set({ whole: false }).where(eq(deployments.build, build)).run();
}

/** Who asked for it. */
export function creatorOf({ createdBy, createdByToken }: DeploymentRow): TokenActor {
  return { token: createdByToken, name: createdBy };
}

export function toDeployment(row: DeploymentRow, project: ProjectId, url: string): Deployment {
  return {
    id: row.id,
    project,
    channel: row.channel,
    status: row.status,
    phase: row.phase,
    source: row.source,
    env: row.env,
    build: row.build,
    reused: row.reused,
    failure: row.failureReason && {
      reason: row.failureReason,
      detail: row.failureDetail ?? "",
      help: FAILURES[row.failureReason].help,
    },
    message: row.message,
    commit: row.commit,
    retryOf: row.retryOf,
    pinned: row.pinned,
    collectedAt: row.collectedAt,
    bundle:
      row.files === null
        ? null
        : {
            files: row.files,
            bytes: row.bytes ?? 0,
            uploadedBlobs: row.uploadedBlobs ?? 0,
            uploadedBytes: row.uploadedBytes ?? 0,
          },
    url,
    createdBy: row.createdBy,
    createdByToken: row.createdByToken,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
