/** The registry of one project: its route records, and the releases that wrote them. */
import { and, asc, desc, eq, gt, isNull, lt } from "drizzle-orm";
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import type { Release } from "../../schema/contracts/channels.ts";
import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { routeKey } from "../../schema/keys.ts";
import { releases, routes } from "../../schema/project/tables.ts";
import type { Arm, CanaryArm, RouteRecord } from "../../schema/route-record.ts";
import type { Database } from "./database.ts";
import { type DeploymentRow, findDeployment, moveDeployment } from "./deployment-rows.ts";
import { recordEvent } from "./journal.ts";
import { enqueue } from "./outbox.ts";
import { backOf } from "./release-history.ts";
import { flipRoute, setCanary } from "./route-flip.ts";

export type ReleaseRow = typeof releases.$inferSelect;

export type Flip = {
  readonly project: ProjectId;
  readonly deployment: DeploymentRow;
  /** The env snapshot of the arm, where it is not the deployment's own. */
  readonly env?: Digest;
  readonly kind: Release["kind"];
  /** Of a rollback: the release it returns to. */
  readonly target?: ReleaseRow;
  readonly by: Actor;
  readonly reason: string | null;
  /** The rollout that brought it here, and until when it goes on watching it. */
  readonly bake?: RouteRecord["bake"];
  /** Of a deploy without a rollout: why there is none. */
  readonly canary?: string;
  readonly now: number;
};

export type RouteRow = typeof routes.$inferSelect;

/** Of a channel that had something live, whether it is open or was deleted. */
export function findRoute(db: Database, channel: Channel): RouteRow | null {
  return db.select().from(routes).where(eq(routes.channel, channel)).get() ?? null;
}

/** What is live on a channel. */
export function findOpenRoute(db: Database, channel: Channel): RouteRow | null {
  const row = findRoute(db, channel);
  return row?.closedAt === null ? row : null;
}

export function findRelease(db: Database, id: number): ReleaseRow | null {
  return db.select().from(releases).where(eq(releases.id, id)).get() ?? null;
}

/** Newest first. */
export function listReleases(
  db: Database,
  channel: Channel,
  { before, limit }: { before: number | undefined; limit: number },
): ReleaseRow[] {
  return db
    .select()
    .from(releases)
    .where(and(eq(releases.channel, channel), before === undefined ? undefined : lt(releases.id, before)))
    .orderBy(desc(releases.id))
    .limit(limit)
    .all();
}

/** Of the open channels, by name. */
export function listRoutes(
  db: Database,
  { after, limit }: { after: Channel | undefined; limit: number },
): RouteRecord[] {
  const rows = db
    .select({ record: routes.record })
    .from(routes)
    .where(and(isNull(routes.closedAt), after && gt(routes.channel, after)))
    .orderBy(asc(routes.channel))
    .limit(limit)
    .all();
  return rows.map(({ record }) => record);
}

/**
 * Makes a deployment live: route record, statuses, release, events and the copy for the edge. The caller's transaction
 * makes them one change, and what the world sees of it is one value with the next `rev`.
 */
export function flipTo(
  db: Database,
  { project, deployment, env, kind, target, by, reason, bake, canary, now }: Flip,
): RouteRecord {
  const { channel } = deployment;
  const at = new Date(now).toISOString();
  const row = findRoute(db, channel);
  const current = row?.closedAt === null ? row : null;
  const arm = { ...armOf(deployment), ...(env !== undefined && { env }) };
  const channelBefore = { rev: row?.rev ?? 0, record: current?.record ?? null };
  const record: RouteRecord = { ...flipRoute({ project, channel }, channelBefore, arm, bake), since: now };

  const before = current && findDeployment(db, current.record.live.deployment);
  // Where only the env snapshot changes, the deployment stays live.
  if (before?.id !== deployment.id) {
    if (before) {
      moveDeployment(db, before, "superseded", { updatedAt: at });
      recordEvent(db, { at, type: "deployment.superseded", actor: by, channel, deployment: before.id, reason });
    }
    moveDeployment(db, deployment, "live", { phase: null, failureReason: null, failureDetail: null, updatedAt: at });
    recordEvent(db, { at, type: "deployment.live", actor: by, channel, deployment: deployment.id, reason });
  }

  const back = backOf(target ? { kind: "rollback", target } : { kind: "deploy", live: current?.release ?? null });
  const release = db
    .insert(releases)
    .values({ channel, kind, ...arm, rev: record.rev, back, by: nameOf(by), byToken: tokenOf(by), reason, at })
    .returning()
    .get();
  db.insert(routes)
    .values({ channel, rev: record.rev, record, release: release.id })
    .onConflictDoUpdate({
      target: routes.channel,
      set: { rev: record.rev, record, release: release.id, closedAt: null },
    })
    .run();
  recordEvent(db, {
    at,
    type: "route.flipped",
    actor: by,
    channel,
    deployment: deployment.id,
    reason,
    data: {
      kind,
      rev: record.rev,
      build: arm.build,
      from: current?.record.live.build ?? null,
      ...(canary !== undefined && { canary }),
    },
  });
  enqueue(db, "kv", routeKey(project, channel), record, now);
  return record;
}

/** Another canary arm on a channel, or none: one write of the route record. What is live, and its release, stay. */
export function writeCanary(db: Database, route: RouteRow, canary: CanaryArm | null, now: number): RouteRecord {
  const record: RouteRecord = { ...setCanary(route.record, canary), since: now };
  const { project, channel, rev } = record;
  db.update(routes).set({ rev, record }).where(eq(routes.channel, channel)).run();
  enqueue(db, "kv", routeKey(project, channel), record, now);
  return record;
}

/** Throws unless its bundle is whole. */
export function armOf({ id, build, env, whole }: DeploymentRow): Arm {
  if (build === null || !whole) throw new Error(`not a whole bundle: ${id}`);
  return { deployment: id, build, env };
}

export function toRelease({ back: _, ...row }: ReleaseRow): Release {
  return row;
}
