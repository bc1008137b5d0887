/**
 * What is known of a rollout's visitors: totals since its start, plain data. An event counts once per visitor, metric
 * and rollout, in the arm and at the assigned weight of its first occurrence: the bucket is drawn, so if the build makes
 * no difference, that first one falls into the canary with exactly the weight's probability. A client that repeats its
 * error a thousand times is still one visitor. Forced visits and probes are not evidence.
 */
import type { IntegrityFailure, MetricCounts, Stratum, TrafficTotals } from "../../schema/contracts/traffic.ts";
import type { SentProbe } from "../../schema/rollout.ts";

/** One marked request per arm, sent through the router to learn whether the meter counts. */
export type Probe = { readonly sentAt: number; readonly canaryCounted: boolean; readonly controlCounted: boolean };

export type Evidence = {
  readonly metrics: readonly MetricCounts[];
  /** Distinct visitors that the canary answered. */
  readonly canaryVisitors: number;
  /** A few of them; one is enough. */
  readonly integrityFailures: readonly IntegrityFailure[];
  /** The last one sent. */
  readonly probe: Probe | null;
};

/** @param probe the one that was sent last */
export function evidenceOf(
  { metrics, canaryVisitors, integrityFailures, countedProbes }: TrafficTotals,
  probe: SentProbe | null,
): Evidence {
  const isCounted = (arm: "canary" | "control") =>
    countedProbes.some((counted) => counted.probe === probe?.id && counted.arm === arm);
  const answered = probe && {
    sentAt: probe.sentAt,
    canaryCounted: isCounted("canary"),
    controlCounted: isCounted("control"),
  };
  return { metrics, canaryVisitors, integrityFailures, probe: answered };
}

/** One stratum per weight, lightest first: the same counts give the same floating-point sums, in whatever order they came. */
export function inOrder(strata: readonly Stratum[]): Stratum[] {
  const byWeight = new Map<number, Stratum>();
  for (const { weightBps, canary, control } of strata) {
    const known = byWeight.get(weightBps) ?? { canary: 0, control: 0 };
    byWeight.set(weightBps, { weightBps, canary: known.canary + canary, control: known.control + control });
  }
  return [...byWeight.values()].sort((a, b) => a.weightBps - b.weightBps);
}
