import type { Result } from "../../schema/result.ts";
import type { Refusal } from "../project/promote-gate.ts";
import { ProblemError } from "./problem-error.ts";

/** The value of an outcome, or its refusal as a problem. */
export function unwrap<T>(outcome: Result<T, Refusal>): T {
  if (!outcome.ok) {
    const { code, detail, rollout } = outcome.failure;
    throw new ProblemError(code, detail, undefined, rollout);
  }
  return outcome.value;
}
