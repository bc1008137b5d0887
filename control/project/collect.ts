/** Retention over the rows of a project: what the plan is made of, and the transaction that withdraws what it lets go. */
import { desc, isNull } from "drizzle-orm";
import type { Actor } from "../../schema/actor.ts";
import { KEPT_RELEASES, MAX_PLANNED, type RetentionPlan } from "../../schema/contracts/retention.ts";
import { deployments, routes } from "../../schema/project/tables.ts";
import { type PlannedChannel, type PlannedDeployment, planRetention } from "../retention/plan.ts";
import type { Database } from "./database.ts";
import { patchDeployment } from "./deployment-rows.ts";
import { forgetSnapshots } from "./env-snapshots.ts";
import { findIdentity } from "./identity.ts";
import { recordEvent } from "./journal.ts";
import { withDefaults } from "./project-settings.ts";
import { findRelease, listReleases } from "./registry.ts";

export type ProjectPlan = ReturnType<typeof planProject>;

/** Newest deployments first. */
export function planProject(db: Database, now: number) {
  const { id, channel, status, build, whole, pinned, createdAt } = deployments;
  const rows = db
    .select({ id, channel, status, build, whole, pinned, createdAt })
    .from(deployments)
    .where(isNull(deployments.collectedAt))
    .orderBy(desc(deployments.id))
    .all();
  const settings = withDefaults(findIdentity(db)?.settings ?? null);
  return planRetention({
    deployments: rows,
    channels: readChannels(db),
    retentionDays: settings.retention.days,
    now,
  });
}

/** As the API shows it. */
export function toRetentionPlan({ keep, collect }: ProjectPlan): RetentionPlan {
  return {
    keep: keep
      .slice(0, MAX_PLANNED)
      .map(({ deployment, reasons }) => ({ ...toSubject(deployment), reasons: [...reasons] })),
    collect: collect.slice(0, MAX_PLANNED).map(({ deployment, reason }) => ({ ...toSubject(deployment), reason })),
    truncated: keep.length > MAX_PLANNED || collect.length > MAX_PLANNED,
  };
}

/**
 * Withdraws up to `limit` of the deployments that the plan lets go: from this transaction on nothing promotes them or uses
 * their bundles again.
 */
export function collectSome(
  db: Database,
  { actor, limit, now }: { readonly actor: Actor; readonly limit: number; readonly now: number },
): { readonly collected: number; readonly more: boolean } {
  const { collect } = planProject(db, now);
  const batch = collect.slice(0, limit);
  const at = new Date(now).toISOString();
  for (const { deployment, reason } of batch) {
    const { id, channel, build } = deployment;
    patchDeployment(db, id, { collectedAt: at, whole: false });
    recordEvent(db, { at, type: "deployment.collected", actor, channel, deployment: id, data: { reason, build } });
  }
  const more = collect.length > batch.length;
  if (!more) forgetSnapshots(db);
  return { collected: batch.length, more };
}

function readChannels(db: Database): PlannedChannel[] {
  const rows = db.select().from(routes).all();
  return rows.map(({ channel, record, release, closedAt }) => {
    // Closed channels become many in time, and hold on to nothing.
    if (closedAt !== null) return { record, closedAt, releases: [], rollbackTarget: null };
    const back = findRelease(db, release)?.back ?? null;
    return {
      record,
      closedAt,
      releases: listReleases(db, channel, { before: undefined, limit: KEPT_RELEASES }).map((row) => row.deployment),
      rollbackTarget: back === null ? null : (findRelease(db, back)?.deployment ?? null),
    };
  });
}

function toSubject({ id, channel, build, createdAt }: PlannedDeployment) {
  return { deployment: id, channel, build, createdAt };
}
