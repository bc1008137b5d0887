/** How a rollout is told to people. */
import type { Rollout } from "../../schema/contracts/rollouts.ts";
import { assertNever } from "../../schema/result.ts";
import type { HoldReason } from "../../schema/rollout.ts";

export function describeStage({ stage, stages, weight }: Pick<Rollout, "stage" | "stages" | "weight">): string {
  return `${weight} % of visitors (stage ${stage} of ${stages.length})`;
}

/** What it does now, or how it ended. */
export function describeProgress(rollout: Rollout): string {
  const { phase, outcome, pausedAt, hold } = rollout;
  if (phase === "baking") return "live for everybody, and watched for one more window";
  if (phase === "over") return outcome === null ? "over" : OUTCOMES[outcome];
  if (pausedAt !== null) return `paused at ${describeStage(rollout)}`;
  if (hold !== null) return `held at ${describeStage(rollout)}: ${describeHold(hold.reason)}`;
  return `at ${describeStage(rollout)}`;
}

export function describeHold(reason: HoldReason): string {
  switch (reason) {
    case "meter_unreachable":
      return "nobody answers who counts its visitors";
    case "meter_silent":
      return "its visitors are not being counted, as a probe shows";
    case "too_few_visitors":
      return "too few visitors have seen it so far";
    default:
      return assertNever(reason);
  }
}

const OUTCOMES: Record<NonNullable<Rollout["outcome"]>, string> = {
  completed: "complete: everybody has its deployment",
  rolled_back: "rolled back",
  aborted: "aborted",
  replaced: "replaced by a newer deployment",
};
