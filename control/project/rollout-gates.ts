/** What may be asked of a rollout by hand. Pure. */
import type { Problem } from "../../schema/contracts/problem.ts";
import type { ChangeRollout, RolloutCommand } from "../../schema/contracts/rollouts.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Refusal } from "./promote-gate.ts";
import type { RolloutRow } from "./rollout-rows.ts";

type Asked = Pick<RolloutRow, "id" | "outcome" | "state">;

/** `no_change`: it is as it was asked to be. */
export function canChange(
  { id, outcome, state }: Asked,
  command: RolloutCommand,
  { expectedStage }: Pick<ChangeRollout, "expectedStage">,
): Result<"change" | "no_change", Refusal> {
  const stage = state.stage + 1;
  const rollout = { id, stage };
  if (OUTCOME_OF[command] !== undefined && OUTCOME_OF[command] === outcome) return ok("no_change");
  if (outcome !== null) return refuse("rollout_over", describeEnd(id, outcome), rollout);
  if (expectedStage !== undefined && expectedStage !== stage) {
    const detail = `The rollout is at stage ${stage} of ${state.settings.stagesBps.length}, not at ${expectedStage}. Look at it again, then decide.`;
    return refuse("stage_conflict", detail, rollout);
  }
  if (command === "pause" && state.pausedAt !== null) return ok("no_change");
  if (command === "resume" && state.pausedAt === null) return ok("no_change");
  return ok("change");
}

const OUTCOME_OF: Partial<Record<RolloutCommand, RolloutRow["outcome"]>> = { abort: "aborted", complete: "completed" };

/** Why nothing else may become live beside it. */
export function describeRunning({ id, state }: Pick<RolloutRow, "id" | "state">): Refusal {
  const detail = `The rollout ${id} is at stage ${state.stage + 1} of ${state.settings.stagesBps.length}. Abort it first, or set abortRollout to do both at once.`;
  return { code: "rollout_running", detail, rollout: { id, stage: state.stage + 1 } };
}

/** Why a canary is not promoted while its rollout runs. */
export function describeCanary({ id, state }: Pick<RolloutRow, "id" | "state">): Refusal {
  const detail = `This deployment is the canary of the rollout ${id}. To give it to everybody now, complete that rollout.`;
  return { code: "rollout_running", detail, rollout: { id, stage: state.stage + 1 } };
}

function describeEnd(id: string, outcome: NonNullable<RolloutRow["outcome"]>): string {
  switch (outcome) {
    case "completed":
      return `The rollout ${id} is complete: everybody has its deployment. To take it back, roll back.`;
    case "rolled_back":
      return `The rollout ${id} was rolled back: its verdicts say why.`;
    case "aborted":
      return `The rollout ${id} was aborted.`;
    case "replaced":
      return `The rollout ${id} was replaced by a newer deployment's.`;
  }
}

function refuse(
  code: Refusal["code"],
  detail: string,
  rollout: NonNullable<Problem["rollout"]>,
): Result<never, Refusal> {
  return err({ code, detail, rollout });
}
