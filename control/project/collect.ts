/** Retention over the rows of a project: what the plan is made of, and the transaction that withdraws what it lets go. */
import { and, desc, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../schema/actor.ts";
import { KEPT_RELEASES, type RetentionPlan } from "../../schema/contracts/retention.ts";
import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import { deployments, releases, routes } from "../../schema/project/tables.ts";
import { type PlannedChannel, type PlannedDeployment, planRetention } from "../retention/plan.ts";
import type { Withdrawn } from "./condemn.ts";
import type { Database } from "./database.ts";
import { patchDeployment } from "./deployment-rows.ts";
import { forgetSnapshots } from "./env-snapshots.ts";
import { findIdentity } from "./identity.ts";
import { recordEvent } from "./journal.ts";
import { withDefaults } from "./project-settings.ts";

/** Deployments that are judged in one turn of the object: others wait meanwhile. */
const PLAN_PAGE = 1_000;
/** Of those that may go in one transaction: each is an event with a hash. */
const COLLECT_PAGE = 200;

/** A part of the plan, newest deployments first. `next` is where the rest begins; null: this is the last part. */
export type PlanPage = ReturnType<typeof planPage>;

export function planPage(db: Database, before: DeploymentId | null, now: number, size: number = PLAN_PAGE) {
  const { id, channel, status, build, whole, pinned, createdAt } = deployments;
  const rows = db
    .select({ id, channel, status, build, whole, pinned, createdAt })
    .from(deployments)
    .where(and(isNull(deployments.collectedAt), before === null ? undefined : lt(id, before)))
    .orderBy(desc(id))
    .limit(size)
    .all();
  const settings = withDefaults(findIdentity(db)?.settings ?? null);
  const plan = planRetention({
    deployments: rows,
    channels: readChannels(db, [...new Set(rows.map((row) => row.channel))]),
    named: readNamedBuilds(
      db,
      rows.flatMap((row) => row.build ?? []),
    ),
    retentionDays: settings.retention.days,
    now,
  });
  return { ...plan, next: rows.length < size ? null : (rows.at(-1)?.id ?? null) };
}

/** As the API shows it. */
export type ShownPage = Omit<RetentionPlan, "truncated"> & Pick<PlanPage, "next">;

export function showPage({ keep, collect, next }: PlanPage): ShownPage {
  return {
    keep: keep.map(({ deployment, reasons }) => ({ ...toSubject(deployment), reasons: [...reasons] })),
    collect: collect.map(({ deployment, reason }) => ({ ...toSubject(deployment), reason })),
    next,
  };
}

/**
 * Withdraws what a part of the plan lets go: from this transaction on nothing promotes it or uses its bundles again. What becomes
 * free in a part that was gone through is for the next sweep.
 */
export function collectPage(
  db: Database,
  { before, actor, now }: { readonly before: DeploymentId | null; readonly actor: Actor; readonly now: number },
): Withdrawn {
  const { collect, next } = planPage(db, before, now, COLLECT_PAGE);
  const at = new Date(now).toISOString();
  for (const { deployment, reason } of collect) {
    const { id, channel, build } = deployment;
    patchDeployment(db, id, { collectedAt: at, whole: false });
    recordEvent(db, { at, type: "deployment.collected", actor, channel, deployment: id, data: { reason, build } });
  }
  if (next === null) forgetSnapshots(db);
  return { collected: collect.length, next };
}

/** Three statements, however many channels and releases there are. Closed channels hold on to nothing. */
function readChannels(db: Database, channels: readonly Channel[]): PlannedChannel[] {
  const rows = db
    .select({ channel: routes.channel, record: routes.record, closedAt: routes.closedAt })
    .from(routes)
    .where(isAmong(routes.channel, channels))
    .all();
  const open = rows.flatMap(({ channel, closedAt }) => (closedAt === null ? channel : []));
  const recent = Map.groupBy(readRecentReleases(db, open), ({ channel }) => channel);
  const targets = new Map(readRollbackTargets(db, open).map(({ channel, deployment }) => [channel, deployment]));
  return rows.map(({ channel, record, closedAt }) => ({
    record,
    closedAt,
    releases: (recent.get(channel) ?? []).map(({ deployment }) => deployment),
    rollbackTarget: targets.get(channel) ?? null,
  }));
}

type Release = { readonly channel: Channel; readonly deployment: DeploymentId };

/** Newest first. */
function readRecentReleases(db: Database, channels: readonly Channel[]): Release[] {
  const oldest = sql`SELECT id FROM ${releases} AS r WHERE r.channel = c.value ORDER BY id DESC LIMIT 1 OFFSET ${KEPT_RELEASES - 1}`;
  return db.all<Release>(
    sql`SELECT ${releases.channel} AS channel, ${releases.deployment} AS deployment
        FROM json_each(${JSON.stringify(channels)}) AS c
        JOIN ${releases} ON ${releases.channel} = c.value AND ${releases.id} >= coalesce((${oldest}), 0)
        ORDER BY ${releases.id} DESC`,
  );
}

/** The deployment that a rollback of each channel would make live. */
function readRollbackTargets(db: Database, channels: readonly Channel[]): Release[] {
  return db.all<Release>(
    sql`SELECT ${routes.channel} AS channel, target.deployment AS deployment FROM ${routes}
        JOIN ${releases} AS now ON now.id = ${routes.release}
        JOIN ${releases} AS target ON target.id = now.back
        WHERE ${isAmong(routes.channel, channels)}`,
  );
}

/** Those of the builds that the record of some open channel names. */
function readNamedBuilds(db: Database, builds: readonly Digest[]): Set<Digest> {
  const rows = db.all<{ build: Digest }>(
    sql`SELECT DISTINCT tree.atom AS build FROM ${routes}, json_tree(${routes.record}) AS tree
        WHERE ${routes.closedAt} IS NULL AND (tree.key = 'build' OR tree.path = '$.retained')
        AND ${isAmong(sql`tree.atom`, builds)}`,
  );
  return new Set(rows.map(({ build }) => build));
}

/** One parameter for all of them: a statement has a hundred at most. */
function isAmong(column: SQL | typeof routes.channel, values: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

function toSubject({ id, channel, build, createdAt }: PlannedDeployment) {
  return { deployment: id, channel, build, createdAt };
}
