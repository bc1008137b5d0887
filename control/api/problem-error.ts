import { createProblem, type Problem, type ProblemCode } from "../../schema/contracts/problem.ts";

/** Leaves a handler early; the app answers with its problem body. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(code: ProblemCode, detail: string, errors?: Problem["errors"], rollout?: Problem["rollout"]) {
    super(`${code}: ${detail}`);
    this.name = "ProblemError";
    this.problem = createProblem(code, detail, errors, rollout);
  }
}
