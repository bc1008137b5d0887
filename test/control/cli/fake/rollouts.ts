import {
  ChangeRollout,
  PreviewRollout,
  type Rollout,
  type RolloutDetail,
  type RolloutVerdict,
} from "../../../../schema/contracts/rollouts.ts";
import { type Answer, type Asked, cutPage, ok, problem } from "./answer.ts";

export type FakeRollouts = {
  /** Newest first. */
  list: Rollout[];
  /** What each look at one shows, look by look; the last one stays. */
  looks: Partial<RolloutDetail>[];
  verdicts: RolloutVerdict[];
  /** When a look shows that it has come to an end. */
  onEnd: (rollout: Rollout) => void;
  answer(asked: Asked): Answer;
};

export function createFakeRollouts(): FakeRollouts {
  const fake: FakeRollouts = {
    list: [],
    looks: [],
    verdicts: [],
    onEnd: () => {},
    answer({ method, parts: [id, action = ""], query, body }) {
      if (!id) return cutPage("rollouts", fake.list, query);
      const found = fake.list.find((rollout) => rollout.id === id);
      if (!found) return problem("rollout_not_found");
      if (method === "GET" && action === "verdicts") return ok({ verdicts: fake.verdicts });
      if (method === "GET") return look(found);
      if (action === "preview") {
        const { variant } = PreviewRollout.parse(body);
        const header = { name: "x-atelier-variant", value: `pass-${variant}` };
        const link = `http://shop.apps.localhost:8787/_atelier/variant?pass=pass-${variant}`;
        return ok({ link, header, expiresAt: "2026-11-23T13:00:00.000Z" });
      }
      const { expectedStage } = ChangeRollout.parse(body);
      if (found.outcome !== null) return problem("rollout_over");
      if (expectedStage !== undefined && expectedStage !== found.stage) return problem("stage_conflict");
      const changed = change(found, action);
      fake.list = fake.list.map((rollout) => (rollout === found ? changed : rollout));
      return ok({ changed: changed !== found, rollout: changed });
    },
  };
  return fake;

  function look(found: Rollout): Answer {
    const shown = { evidence: null, findings: [], ...found, ...fake.looks[0] };
    if (fake.looks.length > 1) fake.looks.shift();
    if (shown.outcome !== null) fake.onEnd(shown);
    return ok(shown);
  }

  function change(rollout: Rollout, command: string): Rollout {
    if (command === "pause") return rollout.pausedAt ? rollout : { ...rollout, pausedAt: "2026-11-23T12:00:30.000Z" };
    if (command === "resume") return rollout.pausedAt ? { ...rollout, pausedAt: null } : rollout;
    if (command === "abort") return { ...rollout, phase: "over", outcome: "aborted" };
    if (command === "complete") return { ...rollout, phase: "baking", outcome: "completed" };
    return { ...rollout, stage: rollout.stage + 1, weight: rollout.stages[rollout.stage] ?? 100 };
  }
}
