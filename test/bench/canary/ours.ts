/** The judge as rollouts run it: every tick is a `planStep`, with a meter that counts. */
import type { Evidence, Probe } from "../../../control/rollout/evidence.ts";
import { planStep } from "../../../control/rollout/plan.ts";
import { applyMove, startRollout, weightBpsOf } from "../../../control/rollout/rollout.ts";
import { DEFAULT_ROLLOUT } from "../../../control/rollout/settings.ts";
import { FULL_WEIGHT_BPS } from "../../../schema/route-record.ts";
import { between, type History, TICK_SECONDS } from "./history.ts";
import type { Method, RampPlan } from "./method.ts";

export const OURS: Method = {
  key: "atelier",
  name: "Atelier",
  about: "e-process on first errors per visitor, planned by the rollout's own code",
  start(ramp) {
    let rollout = startRollout(settingsOf(ramp), 0);
    let probe: Probe | null = null;
    const strata = ramp.stagesBps.map((weightBps) => ({ weightBps, canary: 0, control: 0 }));

    return (history) => {
      const now = history.ticks * TICK_SECONDS * 1_000;
      count(history);
      const evidence = evidenceOf(history);
      let move = planStep(rollout, evidence, now);
      if (move.kind === "probe") {
        probe = { sentAt: now, canaryCounted: true, controlCounted: true };
        move = planStep(rollout, { ...evidence, probe }, now);
      }
      rollout = applyMove(rollout, move, now);
      return move.kind === "roll_back";
    };

    function count(history: History): void {
      const stratum = strata[rollout.stage];
      if (stratum?.weightBps !== history.weightBps || weightBpsOf(rollout) !== history.weightBps) {
        throw new Error("the plan is not at the ramp's stage");
      }
      stratum.canary += between(history.canaryFirstErrors, history.ticks - 1, history.ticks);
      stratum.control += between(history.controlFirstErrors, history.ticks - 1, history.ticks);
    }

    function evidenceOf(history: History): Evidence {
      return {
        metrics: [{ metric: "server_errors", strata }],
        // Requests, not visitors: a rollout that passes inconclusive stages, as these do, only notes the number.
        canaryVisitors: history.canaryRequests[history.ticks] ?? 0,
        integrityFailures: [],
        probe,
      };
    }
  },
};

function settingsOf({ stagesBps, stageSeconds }: RampPlan) {
  return { ...DEFAULT_ROLLOUT, stagesBps: [...stagesBps, FULL_WEIGHT_BPS], windowMs: stageSeconds * 1_000 };
}
