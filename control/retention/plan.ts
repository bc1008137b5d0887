/** What a project keeps and what it lets go, decided from its rows alone. */
import { type COLLECT_REASONS, type KEEP_REASONS, KEPT_RELEASES } from "../../schema/contracts/retention.ts";
import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import { type DeploymentStatus, isInProgress } from "../../schema/lifecycle.ts";
import type { RouteRecord } from "../../schema/route-record.ts";

export type KeepReason = (typeof KEEP_REASONS)[number];
export type CollectReason = (typeof COLLECT_REASONS)[number];

export type PlannedDeployment = {
  readonly id: DeploymentId;
  readonly channel: Channel;
  readonly status: DeploymentStatus;
  readonly build: Digest | null;
  readonly whole: boolean;
  readonly pinned: boolean;
  readonly createdAt: string;
};

export type PlannedChannel = {
  readonly record: RouteRecord;
  /** When the channel was deleted: from then on neither its record nor its history keeps anything. */
  readonly closedAt: string | null;
  /** The deployments of its releases, newest first; more than the kept ones do no harm. */
  readonly releases: readonly DeploymentId[];
  /** The deployment that a rollback would make live. */
  readonly rollbackTarget: DeploymentId | null;
};

export type PlanInput = {
  /** Those that were not collected yet. */
  readonly deployments: readonly PlannedDeployment[];
  /** At least those that the deployments are of. */
  readonly channels: readonly PlannedChannel[];
  /** The builds that the record of any open channel names. */
  readonly named: ReadonlySet<Digest>;
  readonly retentionDays: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

export type Kept<D> = { readonly deployment: D; readonly reasons: readonly KeepReason[] };
export type Collected<D> = { readonly deployment: D; readonly reason: CollectReason };

const DAY_MS = 24 * 60 * 60_000;
/** A failed deployment without a bundle can be retried for so long: its source is kept with it. */
const FAILED_KEPT_MS = DAY_MS;

/** In the order of the deployments given. Whatever nothing speaks for is collected. */
export function planRetention<D extends PlannedDeployment>(
  input: PlanInput & { readonly deployments: readonly D[] },
): { readonly keep: readonly Kept<D>[]; readonly collect: readonly Collected<D>[] } {
  const held = holdersOf(input);
  const closed = new Map(
    input.channels.flatMap(({ record, closedAt }) => (closedAt === null ? [] : [[record.channel, closedAt] as const])),
  );
  const keep: Kept<D>[] = [];
  const collect: Collected<D>[] = [];
  for (const deployment of input.deployments) {
    const closedAt = closed.get(deployment.channel);
    // What came after the channel was deleted belongs to the channel that is to come.
    const gone = closedAt !== undefined && deployment.createdAt <= closedAt;
    const neverWhole = deployment.status === "failed" && !deployment.whole;
    const keptMs = neverWhole ? FAILED_KEPT_MS : input.retentionDays * DAY_MS;
    const young = !gone && input.now - Date.parse(deployment.createdAt) < keptMs;
    const reasons = reasonsToKeep(deployment, held, { gone, young });
    if (reasons.length > 0) keep.push({ deployment, reasons });
    else collect.push({ deployment, reason: gone ? "channel_deleted" : neverWhole ? "never_whole" : "aged" });
  }
  return { keep, collect };
}

/** What the channels hold on to. */
type Held = Record<"live" | "canary" | "recent_release" | "rollback_target", ReadonlySet<DeploymentId>> & {
  readonly builds: ReadonlySet<Digest>;
};

function holdersOf({ channels, named }: Pick<PlanInput, "channels" | "named">): Held {
  const open = channels.filter(({ closedAt }) => closedAt === null);
  const records = open.map(({ record }) => record);
  return {
    live: new Set(records.map(({ live }) => live.deployment)),
    canary: new Set(records.flatMap(({ canary }) => canary?.deployment ?? [])),
    recent_release: new Set(open.flatMap(({ releases }) => releases.slice(0, KEPT_RELEASES))),
    rollback_target: new Set(open.flatMap(({ rollbackTarget }) => rollbackTarget ?? [])),
    builds: named,
  };
}

function reasonsToKeep(
  { id, build, whole, pinned, status }: PlannedDeployment,
  held: Held,
  { gone, young }: { readonly gone: boolean; readonly young: boolean },
): KeepReason[] {
  // Status and record change together; either of the two is enough here.
  const live = held.live.has(id) || (status === "live" && !gone);
  const canary = held.canary.has(id) || (status === "canary" && !gone);
  const holds: Record<KeepReason, boolean> = {
    live,
    canary,
    recent_release: held.recent_release.has(id),
    rollback_target: held.rollback_target.has(id),
    open_tabs: !live && !canary && whole && build !== null && held.builds.has(build),
    pinned,
    in_progress: isInProgress(status),
    young,
  };
  return (Object.keys(holds) as KeepReason[]).filter((reason) => holds[reason]);
}
