/** What a rollout is judged by. Each metric counts an event once per visitor, so all of them are the same test. */
import type { MetricName } from "../../schema/rollout.ts";

/** How often a rollout may ever be rolled back although no visitor fares differently in the two arms. */
export const FALSE_ROLLBACK_RATE = 0.01;

/**
 * The rate is shared out, not multiplied: the metrics may depend on each other in any way. A metric that nobody counts
 * yet keeps its share, so that the other bounds do not move when it comes.
 */
export const METRICS = [
  /** A first answer of 5xx, or a fingerprinted file that was not there. */
  { name: "server_errors", share: 1 / 2, isError: true, seenBy: "errors" },
  { name: "browser_errors", share: 1 / 4, isError: true, seenBy: "errors in the browser" },
  { name: "latency", share: 1 / 4, isError: false, seenBy: "slow answers" },
] as const satisfies readonly { name: MetricName; share: number; isError: boolean; seenBy: string }[];

export type Metric = (typeof METRICS)[number];

/** The evidence from which on a metric rolls back, as a logarithm: ln 200 for server errors. */
export function logBound({ share }: Pick<Metric, "share">): number {
  return Math.log(1 / (FALSE_ROLLBACK_RATE * share));
}
