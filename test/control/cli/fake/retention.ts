import type { RetentionPlan, SweepState } from "../../../../schema/contracts/retention.ts";
import { type Answer, type Asked, ok, problem } from "./answer.ts";

export type FakeRetention = {
  plan: RetentionPlan;
  /** What the next sweep does. */
  result: SweepState["last"];
  /** How often a sweep is asked about before it has ended. */
  rounds: number;
  answer(asked: Asked): Answer;
};

export function createFakeRetention(): FakeRetention {
  let left = 0;
  const fake: FakeRetention = {
    plan: { keep: [], collect: [], truncated: false },
    result: null,
    rounds: 2,
    answer({ method, parts: [what] }) {
      if (what === "plan") return ok(fake.plan);
      if (what !== "sweep") return problem("route_not_found");
      if (method === "POST") {
        left = fake.rounds;
        return ok({ running: left > 0, last: null }, 202);
      }
      left -= 1;
      return ok({ running: left > 0, last: left > 0 ? null : fake.result });
    },
  };
  return fake;
}
