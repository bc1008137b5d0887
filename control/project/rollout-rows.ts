/** The rows of rollouts and their verdicts. What they hold as JSON is read back by its schema. */
import { and, asc, desc, eq, isNotNull, isNull, lt, lte, min } from "drizzle-orm";
import type { RolloutVerdict, Rollout as RolloutView } from "../../schema/contracts/rollouts.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId, RolloutId } from "../../schema/ids.ts";
import { rollouts, verdicts } from "../../schema/project/tables.ts";
import { type RolloutOutcome, SentProbe, StoredRollout, type VERDICT_ACTIONS, Verdict } from "../../schema/rollout.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import { type Rollout, weightBpsOf } from "../rollout/rollout.ts";
import type { Verdict as NewVerdict } from "../rollout/verdict.ts";
import type { Database } from "./database.ts";

type Row = typeof rollouts.$inferSelect;
/** A row with what it says of itself: where the rollout stands, and the probe that was sent last. */
export type RolloutRow = Omit<Row, "state" | "probe"> & { readonly state: Rollout; readonly probe: SentProbe | null };

export type RolloutPatch = {
  readonly state?: Rollout;
  readonly probe?: SentProbe | null;
  readonly outcome?: RolloutOutcome;
  readonly endedAt?: string;
  readonly tickAt?: number | null;
};

export function insertRollout(db: Database, { state, probe, ...row }: RolloutRow): void {
  db.insert(rollouts)
    .values({ ...row, ...toColumns({ state, probe }) })
    .run();
}

export function patchRollout(db: Database, id: RolloutId, { state, probe, ...rest }: RolloutPatch): RolloutRow {
  const patch = { ...rest, ...toColumns({ ...(state && { state }), ...(probe !== undefined && { probe }) }) };
  return readRow(db.update(rollouts).set(patch).where(eq(rollouts.id, id)).returning().get());
}

export function findRollout(db: Database, id: RolloutId): RolloutRow | null {
  const row = db.select().from(rollouts).where(eq(rollouts.id, id)).get();
  return row ? readRow(row) : null;
}

/** The one that ramps or bakes on a channel. */
export function findRunning(db: Database, channel: Channel): RolloutRow | null {
  const row = db
    .select()
    .from(rollouts)
    .where(and(eq(rollouts.channel, channel), isNull(rollouts.endedAt)))
    .get();
  return row ? readRow(row) : null;
}

/** Of all channels. */
export function listRunning(db: Database): RolloutRow[] {
  return db.select().from(rollouts).where(isNull(rollouts.endedAt)).all().map(readRow);
}

/** The newest of a deployment, which has another one only if it was promoted in between. */
export function findRolloutOf(db: Database, deployment: DeploymentId): RolloutRow | null {
  const row = db
    .select()
    .from(rollouts)
    .where(eq(rollouts.deployment, deployment))
    .orderBy(desc(rollouts.id))
    .limit(1)
    .get();
  return row ? readRow(row) : null;
}

export type RolloutQuery = {
  readonly channel: Channel | undefined;
  readonly before: RolloutId | undefined;
  readonly limit: number;
};

/** Newest first. */
export function listRollouts(db: Database, { channel, before, limit }: RolloutQuery): RolloutRow[] {
  return db
    .select()
    .from(rollouts)
    .where(and(channel && eq(rollouts.channel, channel), before && lt(rollouts.id, before)))
    .orderBy(desc(rollouts.id))
    .limit(limit)
    .all()
    .map(readRow);
}

export function listDue(db: Database, now: number): RolloutRow[] {
  return db
    .select()
    .from(rollouts)
    .where(and(isNotNull(rollouts.tickAt), lte(rollouts.tickAt, now)))
    .all()
    .map(readRow);
}

export function nextTickAt(db: Database): number | null {
  return (
    db
      .select({ at: min(rollouts.tickAt) })
      .from(rollouts)
      .get()?.at ?? null
  );
}

export function insertVerdict(
  db: Database,
  rollout: RolloutId,
  action: (typeof VERDICT_ACTIONS)[number],
  verdict: NewVerdict,
): void {
  const at = new Date(verdict.at).toISOString();
  db.insert(verdicts)
    .values({ rollout, action, verdict: JSON.stringify(verdict), at })
    .run();
}

/** Oldest first. */
export function listVerdicts(db: Database, rollout: RolloutId): RolloutVerdict[] {
  const rows = db.select().from(verdicts).where(eq(verdicts.rollout, rollout)).orderBy(asc(verdicts.id)).all();
  return rows.map(({ action, verdict }) => ({ action, verdict: Verdict.parse(JSON.parse(verdict)) }));
}

export function toView({ state, ...row }: RolloutRow): RolloutView {
  const { settings, phase, pausedAt, hold, stageStartedAt } = state;
  const running = phase !== "over" && pausedAt === null;
  return {
    id: row.id,
    channel: row.channel,
    deployment: row.deployment,
    control: row.control,
    phase,
    outcome: row.outcome,
    stage: state.stage + 1,
    stages: settings.stagesBps.map(percentOf),
    weight: percentOf(shownWeightBps(row.outcome, state)),
    stageEndsAt: running ? isoTime(stageStartedAt + settings.windowMs) : null,
    pausedAt: pausedAt === null ? null : isoTime(pausedAt),
    hold: hold && { reason: hold.reason, since: isoTime(hold.since) },
    settings: { ...settings, stagesBps: [...settings.stagesBps] },
    startedAt: row.startedAt,
    endedAt: row.endedAt,
  };
}

/** Of a rollout that came to nothing: nobody has its deployment any more. */
function shownWeightBps(outcome: RolloutOutcome | null, state: Rollout): number {
  if (outcome === "completed") return FULL_WEIGHT_BPS;
  return outcome === null ? weightBpsOf(state) : 0;
}

function toColumns({ state, probe }: Pick<RolloutPatch, "probe"> & { state: Rollout }): Pick<Row, "state" | "probe">;
function toColumns({ state, probe }: RolloutPatch): Partial<Pick<Row, "state" | "probe">>;
function toColumns({ state, probe }: RolloutPatch): Partial<Pick<Row, "state" | "probe">> {
  return {
    ...(state && { state: JSON.stringify({ version: 1, ...state }) }),
    ...(probe !== undefined && { probe: probe && JSON.stringify(probe) }),
  };
}

function readRow({ state: stateText, probe, ...row }: Row): RolloutRow {
  const { version: _, ...state } = StoredRollout.parse(JSON.parse(stateText));
  return { ...row, state, probe: probe === null ? null : SentProbe.parse(JSON.parse(probe)) };
}

function percentOf(bps: number): number {
  return bps / 100;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
