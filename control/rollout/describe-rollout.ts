/** A rollout with its live numbers, as the API shows it. Pure. */
import type { Rollout, RolloutDetail } from "../../schema/contracts/rollouts.ts";
import type { TrafficTotals } from "../../schema/contracts/traffic.ts";
import { judge } from "./judge.ts";
import { describeFinding } from "./sentence.ts";

/** @param totals null when the meter did not answer, or the rollout is over */
export function describeRollout(rollout: Rollout, totals: TrafficTotals | null): RolloutDetail {
  if (totals === null) return { ...rollout, evidence: null, findings: [] };
  const { metrics, canaryVisitors, integrityFailures } = totals;
  const { errorRateThreshold } = rollout.settings;
  const findings = judge({ metrics, canaryVisitors, errorRateThreshold }).map((finding) => ({
    ...finding,
    strata: [...finding.strata],
    sentence: describeFinding(finding),
  }));
  const evidence = {
    metrics: metrics.map(({ metric, strata }) => ({ metric, strata: [...strata] })),
    canaryVisitors,
    integrityFailures: [...integrityFailures],
  };
  return { ...rollout, evidence, findings };
}
