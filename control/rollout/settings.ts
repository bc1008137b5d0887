/** What a rollout goes by, copied into it at its start: a later change of the project does not move a running one. */
import type { CanaryConfig, ON_INCONCLUSIVE } from "../../schema/contracts/atelier-config.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";

export type OnInconclusive = (typeof ON_INCONCLUSIVE)[number];

export type RolloutSettings = {
  /** The canary's weights, rising, the last one full. */
  readonly stagesBps: readonly number[];
  /** How long each stage is watched, and the full weight after the last. */
  readonly windowMs: number;
  readonly minVisitors: number;
  readonly onInconclusive: OnInconclusive;
  /** How long `hold` waits for visitors before it aborts. */
  readonly maxHoldMs: number;
  readonly errorRateThreshold: number | null;
  readonly latencyP95Threshold: number;
};

export const DEFAULT_ROLLOUT: RolloutSettings = {
  stagesBps: [500, 2_500, 5_000, FULL_WEIGHT_BPS],
  windowMs: 60_000,
  minVisitors: 100,
  // Most apps are small, and must be publishable.
  onInconclusive: "pass",
  maxHoldMs: 60 * 60_000,
  errorRateThreshold: null,
  latencyP95Threshold: 1.2,
};

/** Field by field: the app's file, else the project's settings, else the platform's. @returns null when no canary is wanted */
export function rolloutSettings(
  file: CanaryConfig | "skip" | undefined,
  project: CanaryConfig | "skip" | null,
): RolloutSettings | null {
  if (file === "skip" || (file === undefined && project === "skip")) return null;
  const { autoRollback: base, ...projectFields } = project === "skip" || project === null ? {} : project;
  const { autoRollback: over, ...fileFields } = file ?? {};
  const wished = { ...projectFields, ...fileFields };
  const limits = { ...base, ...over };
  return {
    stagesBps: wished.stages?.map((percent) => Math.round(percent * 100)) ?? DEFAULT_ROLLOUT.stagesBps,
    windowMs: inMs(wished.observationWindowSec) ?? DEFAULT_ROLLOUT.windowMs,
    minVisitors: wished.minVisitors ?? DEFAULT_ROLLOUT.minVisitors,
    onInconclusive: wished.onInconclusive ?? DEFAULT_ROLLOUT.onInconclusive,
    maxHoldMs: inMs(wished.maxHoldSec) ?? DEFAULT_ROLLOUT.maxHoldMs,
    errorRateThreshold: limits.errorRateThreshold ?? DEFAULT_ROLLOUT.errorRateThreshold,
    latencyP95Threshold: limits.latencyP95Threshold ?? DEFAULT_ROLLOUT.latencyP95Threshold,
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}
