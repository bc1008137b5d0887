/**
 * The judge: whether visitors fare worse in the canary than beside it. It may be asked after every count, and is wrong
 * about a build that makes no difference at most once in a hundred rollouts. The claim is about visitors: "no visitor
 * fares differently in the two arms". Same inputs, same findings, to the last bit.
 */

import type { MetricCounts, Stratum } from "../../schema/contracts/traffic.ts";
import type { MetricName } from "../../schema/rollout.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import { logEvidence } from "./e-process.ts";
import { inOrder } from "./evidence.ts";
import { logBound, METRICS, type Metric } from "./metrics.ts";

export type JudgeInputs = {
  readonly metrics: readonly MetricCounts[];
  readonly canaryVisitors: number;
  /** The share of the canary's visitors that may meet errors. Null: any rise counts. */
  readonly errorRateThreshold: number | null;
};

export type Finding = {
  readonly metric: MetricName;
  readonly strata: readonly Stratum[];
  /** Against "as in the control arm". */
  readonly logEvidence: number;
  readonly logBound: number;
  /** Of an error metric, when a threshold is set. */
  readonly threshold: ThresholdFinding | null;
  /** Whether this alone rolls the canary back. */
  readonly regressed: boolean;
};

export type ThresholdFinding = {
  readonly limit: number;
  readonly visitors: number;
  readonly withErrors: number;
  /** Against "at most `limit` of the visitors". */
  readonly logEvidence: number;
  readonly exceeded: boolean;
};

/** Odds of 20 to 1: the threshold only narrows what the comparison has found, and takes nothing from its error rate. */
const LOG_THRESHOLD_BOUND = Math.log(20);

/** @returns one finding per metric, in the order of `METRICS` */
export function judge(inputs: JudgeInputs): Finding[] {
  return METRICS.map((metric) => {
    const counts = inputs.metrics.filter(({ metric: name }) => name === metric.name);
    return findIn(metric, inOrder(counts.flatMap(({ strata }) => strata)), inputs);
  });
}

function findIn(metric: Metric, strata: readonly Stratum[], inputs: JudgeInputs): Finding {
  // At full weight, as at none, everybody is in one arm, and `logEvidence` learns nothing.
  const evidence = logEvidence(
    strata.map(({ weightBps, canary, control }) => ({
      chance: weightBps / FULL_WEIGHT_BPS,
      hits: canary,
      misses: control,
    })),
  );
  const bound = logBound(metric);
  const threshold = metric.isError ? compareToThreshold(strata, inputs) : null;
  return {
    metric: metric.name,
    strata,
    logEvidence: evidence,
    logBound: bound,
    threshold,
    regressed: evidence >= bound && (threshold === null || threshold.exceeded),
  };
}

/**
 * The same test with the limit as the chance. A visitor is counted when first seen, his error maybe later: until then
 * he speaks for the canary, so the test errs on its side at every moment.
 */
function compareToThreshold(
  strata: readonly Stratum[],
  { canaryVisitors, errorRateThreshold: limit }: JudgeInputs,
): ThresholdFinding | null {
  if (limit === null) return null;
  const withErrors = strata.reduce((sum, { canary }) => sum + canary, 0);
  // A count of visitors that lags behind must not make a negative one.
  const visitors = Math.max(canaryVisitors, withErrors);
  const evidence = logEvidence([{ chance: limit, hits: withErrors, misses: visitors - withErrors }]);
  return { limit, visitors, withErrors, logEvidence: evidence, exceeded: evidence >= LOG_THRESHOLD_BOUND };
}
