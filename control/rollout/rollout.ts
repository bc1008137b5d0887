/** A rollout as it is stored: where it stands, and what each of its moves makes of it. Times are milliseconds. */
import { assertNever } from "../../schema/result.ts";
import type { HoldReason, RolloutPhase } from "../../schema/rollout.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import type { Move } from "./plan.ts";
import type { RolloutSettings } from "./settings.ts";

export type Rollout = {
  readonly settings: RolloutSettings;
  readonly phase: RolloutPhase;
  /** Index into the stages of the settings. */
  readonly stage: number;
  /** When the stage's weight was written, later by what it has been paused since. */
  readonly stageStartedAt: number;
  readonly pausedAt: number | null;
  readonly hold: { readonly reason: HoldReason; readonly since: number } | null;
  /** Since when the stage waits for visitors, whatever else has held it meanwhile. */
  readonly tooFewSince: number | null;
  /** Whether the bake watch has said its word. */
  readonly warned: boolean;
};

export function startRollout(settings: RolloutSettings, now: number): Rollout {
  return {
    settings,
    phase: "ramping",
    stage: 0,
    stageStartedAt: now,
    pausedAt: null,
    hold: null,
    tooFewSince: null,
    warned: false,
  };
}

export function weightBpsOf({ settings, stage }: Pick<Rollout, "settings" | "stage">): number {
  return settings.stagesBps[stage] ?? FULL_WEIGHT_BPS;
}

export function applyMove(rollout: Rollout, move: Move, now: number): Rollout {
  switch (move.kind) {
    case "stay":
    case "probe":
      return rollout;
    case "hold":
      return rollout.hold?.reason === move.reason ? rollout : holdFor(rollout, move.reason, now);
    case "advance":
      return { ...rollout, stage: move.stage, stageStartedAt: now, hold: null, tooFewSince: null };
    case "complete":
      return {
        ...rollout,
        phase: "baking",
        stage: rollout.settings.stagesBps.length - 1,
        stageStartedAt: now,
        hold: null,
        tooFewSince: null,
      };
    case "warn":
      return { ...rollout, warned: true };
    case "roll_back":
    case "finish":
      return { ...rollout, phase: "over", hold: null };
    default:
      return assertNever(move);
  }
}

function holdFor(rollout: Rollout, reason: HoldReason, now: number): Rollout {
  const tooFewSince = rollout.tooFewSince ?? (reason === "too_few_visitors" ? now : null);
  return { ...rollout, hold: { reason, since: now }, tooFewSince };
}

export function pause(rollout: Rollout, now: number): Rollout {
  return rollout.pausedAt === null ? { ...rollout, pausedAt: now } : rollout;
}

/** The time of the pause is not taken from the stage's window. */
export function resume(rollout: Rollout, now: number): Rollout {
  if (rollout.pausedAt === null) return rollout;
  const pausedMs = now - rollout.pausedAt;
  const hold = rollout.hold && { ...rollout.hold, since: rollout.hold.since + pausedMs };
  const tooFewSince = rollout.tooFewSince === null ? null : rollout.tooFewSince + pausedMs;
  return { ...rollout, stageStartedAt: rollout.stageStartedAt + pausedMs, pausedAt: null, hold, tooFewSince };
}
