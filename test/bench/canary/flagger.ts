/**
 * Flagger: once a minute, the canary's share of good answers over the last minute must be 99 %. No control arm. Failed
 * checks are counted and never forgotten; the documented example rolls back at the tenth. Its scheduler reads the counter
 * at the next tick and keeps the weight meanwhile; here it may act at once and the ramp goes on, which is kinder to it.
 */
import { between, TICK_SECONDS } from "./history.ts";
import type { Method } from "./method.ts";

const INTERVAL_TICKS = 60 / TICK_SECONDS;
const MIN_SUCCESS = 0.99;

export const FLAGGER = flagger({ key: "flagger", threshold: 10, extraChecks: 0 });
/** As `pkg/controller/scheduler.go` runs: one tick more. */
export const FLAGGER_SCHEDULER = flagger({ key: "flaggerScheduler", threshold: 10, extraChecks: 1 });
/** Its default threshold. */
export const FLAGGER_FIRST = flagger({ key: "flaggerFirst", threshold: 1, extraChecks: 0 });

function flagger(options: { key: string; threshold: number; extraChecks: number }): Method {
  const { key, threshold, extraChecks } = options;
  return {
    key,
    name: `Flagger, threshold ${threshold}${extraChecks > 0 ? ", one tick later" : ""}`,
    about: `99 % success over a minute, rolled back at ${threshold === 1 ? "the first" : `${threshold}`} failed check${threshold === 1 ? "" : "s"}${extraChecks > 0 ? ", read at the next tick" : ""}`,
    start() {
      let failedChecks = 0;
      let over = 0;
      return (history) => {
        if (history.ticks % INTERVAL_TICKS !== 0) return false;
        if (failedChecks >= threshold) over += 1;
        const requests = between(history.canaryRequests, history.ticks - INTERVAL_TICKS, history.ticks);
        const errors = between(history.canaryErrors, history.ticks - INTERVAL_TICKS, history.ticks);
        // No data is a failed check.
        if (requests === 0 || 1 - errors / requests < MIN_SUCCESS) failedChecks += 1;
        return failedChecks >= threshold && over >= extraChecks;
      };
    },
  };
}
