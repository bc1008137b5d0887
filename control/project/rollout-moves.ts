/**
 * What a rollout does to the rows of its project: how it begins, its moves, its end. Every function runs in the caller's
 * transaction, and writes the route record once at most.
 */
import type { Actor } from "../../schema/actor.ts";
import type { DeploymentId, ProjectId, RolloutId } from "../../schema/ids.ts";
import type { FailureReason } from "../../schema/lifecycle.ts";
import { assertNever } from "../../schema/result.ts";
import type { RolloutOutcome, VerdictReason } from "../../schema/rollout.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import type { Move } from "../rollout/plan.ts";
import { applyMove, type Rollout, startRollout, weightBpsOf } from "../rollout/rollout.ts";
import type { RolloutSettings } from "../rollout/settings.ts";
import type { Verdict } from "../rollout/verdict.ts";
import type { Database } from "./database.ts";
import { creatorOf, type DeploymentRow, findDeployment, markNotWhole, moveDeployment } from "./deployment-rows.ts";
import { recordEvent } from "./journal.ts";
import { enqueue } from "./outbox.ts";
import { armOf, findOpenRoute, findRelease, flipTo, type RouteRow, writeCanary } from "./registry.ts";
import { findRunning, insertRollout, insertVerdict, patchRollout, type RolloutRow } from "./rollout-rows.ts";
import { distrustBlobs } from "./stored-blobs.ts";
import { markFailed, PLATFORM } from "./turns.ts";

/** Who moves it, and why; the platform by the judge's plan when nobody does. */
export type Mover = { readonly actor: Actor; readonly reason: string | null };
const BY_PLAN: Mover = { actor: PLATFORM, reason: null };

/** What it is about: the rows of one project at one moment. */
export type Scene = { readonly db: Database; readonly project: ProjectId; readonly now: number };

/** Isolates of the router may still send what they counted: the meter is forgotten after them. */
const FORGET_AFTER_MS = 60_000;

const FAILURE_OF: Record<VerdictReason, FailureReason> = {
  regression: "canary_regression",
  integrity: "canary_integrity",
  inconclusive: "canary_inconclusive",
};

type Beginning = {
  readonly id: RolloutId;
  /** Whole, and not published yet. */
  readonly deployment: DeploymentRow;
  readonly settings: RolloutSettings;
  readonly route: RouteRow;
};

/** The deployment becomes the canary of its channel. The caller has ended the rollout before. */
export function beginRollout(scene: Scene, { id, deployment, settings, route }: Beginning): "canary" | "live" {
  const { db, now } = scene;
  const { channel } = deployment;
  const at = isoTime(now);
  const state = startRollout(settings, now);
  const weightBps = weightBpsOf(state);
  const control = route.record.live.deployment;
  const nothingYet = { probe: null, outcome: null, endedAt: null } as const;
  const row = { id, channel, deployment: deployment.id, control, state, startedAt: at, tickAt: now, ...nothingYet };
  insertRollout(db, row);
  const data = { stages: settings.stagesBps.map((bps) => bps / 100).join(), windowMs: settings.windowMs, control };
  // A single stage, with nothing to compare: everybody at once, then the watch.
  if (weightBps === FULL_WEIGHT_BPS) {
    tell(scene, row, "rollout.started", BY_PLAN, { ...data, weightBps });
    completeRollout(scene, row, BY_PLAN, { inconclusive: false });
    return "live";
  }
  const { rev } = writeCanary(db, route, { ...armOf(deployment), weightBps, salt: id }, now);
  moveDeployment(db, deployment, "canary", { phase: null, updatedAt: at });
  const by = { actor: creatorOf(deployment), reason: deployment.message };
  tell(scene, row, "rollout.started", by, { ...data, weightBps, rev });
  return "canary";
}

/** Performs one move. A move that changes nothing, and a hold for the reason that it is held for already, are no news. */
export function performMove(scene: Scene, row: RolloutRow, move: Move, by: Mover = BY_PLAN): RolloutRow {
  switch (move.kind) {
    case "stay":
    case "probe":
      return row;
    case "hold": {
      const held = save(scene, row, move);
      if (held.state.hold === row.state.hold) return row;
      tell(scene, row, "rollout.held", by, { hold: move.reason, weightBps: weightBpsOf(row.state) });
      return held;
    }
    case "advance": {
      const state = applyMove(row.state, move, scene.now);
      const weightBps = weightBpsOf(state);
      const { rev } = writeCanary(
        scene.db,
        routeOf(scene, row),
        { ...armOf(deploymentOf(scene, row)), weightBps, salt: row.id },
        scene.now,
      );
      const { inconclusive } = move;
      tell(scene, row, "rollout.advanced", by, { stage: state.stage + 1, weightBps, rev, inconclusive });
      return save(scene, row, move);
    }
    case "complete":
      return completeRollout(scene, row, by, move);
    case "warn":
      insertVerdict(scene.db, row.id, "warned", move.verdict);
      tell(scene, row, "rollout.warned", by, { sentence: move.verdict.sentence });
      return save(scene, row, move);
    case "roll_back":
      return row.state.phase === "baking" ? takeBack(scene, row, move.verdict) : rollBack(scene, row, move.verdict);
    case "finish":
      return finishWatch(scene, row);
    default:
      return assertNever(move);
  }
}

/** Why a rollout ends that the judge did not end. */
export type Ending = {
  readonly outcome: Extract<RolloutOutcome, "aborted" | "replaced">;
  readonly by: Mover;
  /** What the failed deployment says. */
  readonly detail: string;
  /** False when the same transaction writes another record without this canary. */
  readonly writesRoute: boolean;
};

/** Ends what runs on a channel, before something else begins there. A deployment that everybody has already stays live. */
export function endRunning(scene: Scene, row: RolloutRow, ending: Ending): RolloutRow {
  if (row.state.phase === "baking") return finishWatch(scene, row);
  const { outcome, by, detail, writesRoute } = ending;
  const rev = withdrawCanary(scene, row, writesRoute);
  const reason = outcome === "replaced" ? "replaced" : "cancelled";
  const failure = { reason, detail, actor: by.actor, why: by.reason ?? undefined } as const;
  markFailed(scene.db, deploymentOf(scene, row), failure, scene.now);
  tell(scene, row, `rollout.${outcome}`, by, rev);
  return end(scene, row, outcome);
}

/** A newer deployment is ready to take the channel. */
export function replaceRunning(scene: Scene, newer: Pick<DeploymentRow, "id" | "channel">): void {
  const running = findRunning(scene.db, newer.channel);
  if (!running) return;
  const detail = `The newer deployment ${newer.id} took its place while it was a canary.`;
  endRunning(scene, running, { outcome: "replaced", by: BY_PLAN, detail, writesRoute: false });
}

function completeRollout(
  scene: Scene,
  row: RolloutRow,
  by: Mover,
  { inconclusive }: { readonly inconclusive: boolean },
): RolloutRow {
  const { db, project, now } = scene;
  const deployment = deploymentOf(scene, row);
  const release =
    by.actor === PLATFORM
      ? { by: creatorOf(deployment), reason: deployment.message }
      : { by: by.actor, reason: by.reason };
  const bake = { rollout: row.id, until: now + row.state.settings.windowMs };
  const { rev } = flipTo(db, { project, deployment, kind: "deploy", bake, ...release, now });
  tell(scene, row, "rollout.completed", by, { rev, inconclusive });
  const state = applyMove(row.state, { kind: "complete", inconclusive }, now);
  return patchRollout(db, row.id, { state: { ...state, pausedAt: null }, outcome: "completed" });
}

/** While two arms serve: back to the one before, by one write. */
function rollBack(scene: Scene, row: RolloutRow, verdict: Verdict): RolloutRow {
  const { db, now } = scene;
  insertVerdict(db, row.id, "rolled_back", verdict);
  const rev = withdrawCanary(scene, row, true);
  const { reason, sentence, weightBps } = verdict;
  const failure = { reason: FAILURE_OF[reason], detail: sentence, actor: PLATFORM };
  const failed = markFailed(db, deploymentOf(scene, row), failure, now);
  if (reason === "integrity") forgetBundle(db, failed);
  tell(scene, row, "rollout.rolled_back", BY_PLAN, { verdict: reason, sentence, weightBps, ...rev });
  return end(scene, row, "rolled_back");
}

/** At full weight: a release that returns to the one before. Where there is none to return to, people are told. */
function takeBack(scene: Scene, row: RolloutRow, verdict: Verdict): RolloutRow {
  const { db, project, now } = scene;
  const { sentence, weightBps, reason } = verdict;
  const back = findRelease(db, routeOf(scene, row).release)?.back ?? null;
  const target = back === null ? null : findRelease(db, back);
  const deployment = target && findDeployment(db, target.deployment);
  if (!target || !deployment?.whole) {
    if (!row.state.warned) return performMove(scene, row, { kind: "warn", verdict });
    return now < row.state.stageStartedAt + row.state.settings.windowMs ? row : finishWatch(scene, row);
  }
  insertVerdict(db, row.id, "rolled_back", verdict);
  const flip = { project, deployment, kind: "rollback", target, by: PLATFORM, reason: sentence, now } as const;
  const { rev } = flipTo(db, { ...flip, env: target.env });
  forgetBundle(db, deploymentOf(scene, row));
  tell(scene, row, "rollout.rolled_back", BY_PLAN, { verdict: reason, sentence, weightBps, rev });
  return end(scene, row, "rolled_back");
}

/** The bake watch is over: its deployment stays live. The record says itself until when it was watched. */
function finishWatch(scene: Scene, row: RolloutRow): RolloutRow {
  tell(scene, row, "rollout.finished", BY_PLAN, {});
  return end(scene, row, "completed");
}

/**
 * What is damaged in storage is neither promoted nor used again for the next deployment of the same inputs, whichever deployment
 * made it. Which of its bytes are damaged is not known here: the next deployment sends all of them anew.
 */
function forgetBundle(db: Database, { build }: DeploymentRow): void {
  if (build !== null) markNotWhole(db, build);
  distrustBlobs(db);
}

function withdrawCanary(scene: Scene, row: RolloutRow, writesRoute: boolean): { rev?: number } {
  if (!writesRoute) return {};
  return { rev: writeCanary(scene.db, routeOf(scene, row), null, scene.now).rev };
}

function save({ db, now }: Scene, row: RolloutRow, move: Move): RolloutRow {
  const state = applyMove(row.state, move, now);
  return state === row.state ? row : patchRollout(db, row.id, { state: stillPaused(row.state, state, now) });
}

/** Somebody moved it on while it was paused: its new stage has been paused since it began. */
function stillPaused(before: Rollout, after: Rollout, now: number): Rollout {
  return before.pausedAt === null || after.stage === before.stage ? after : { ...after, pausedAt: now };
}

function end({ db, now }: Scene, { id, state }: RolloutRow, outcome: RolloutOutcome): RolloutRow {
  enqueue(db, "traffic", `traffic/${id}`, { rollout: id }, now + FORGET_AFTER_MS);
  const over = { ...state, phase: "over", hold: null } as const;
  return patchRollout(db, id, { state: over, outcome, endedAt: isoTime(now), tickAt: null });
}

function tell(
  { db, now }: Scene,
  { id, channel, deployment }: Pick<RolloutRow, "id" | "channel" | "deployment">,
  type: Extract<Parameters<typeof recordEvent>[1]["type"], `rollout.${string}`>,
  { actor, reason }: Mover,
  data: Record<string, string | number | boolean>,
): void {
  recordEvent(db, { at: isoTime(now), type, actor, channel, deployment, reason, data: { rollout: id, ...data } });
}

function routeOf({ db }: Scene, { id, channel }: RolloutRow): RouteRow {
  const route = findOpenRoute(db, channel);
  if (route?.record.canary?.salt !== id && route?.record.bake?.rollout !== id)
    throw new Error(`the route record does not know the rollout ${id}`);
  return route;
}

function deploymentOf({ db }: Scene, { id, deployment }: RolloutRow & { deployment: DeploymentId }): DeploymentRow {
  const row = findDeployment(db, deployment);
  if (!row) throw new Error(`the rollout ${id} has no deployment`);
  return row;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
