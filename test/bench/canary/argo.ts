/**
 * Argo Rollouts, its documented analysis: from the second weight on, every five minutes, a success rate of 95 % over the
 * last five; the fourth failed measurement aborts (`failureLimit: 3` counts what is allowed). No control arm.
 */
import { between, TICK_SECONDS } from "./history.ts";
import type { Method } from "./method.ts";

const INTERVAL_TICKS = 300 / TICK_SECONDS;
const MIN_SUCCESS = 0.95;
const FAILURE_LIMIT = 3;
const CONSECUTIVE_ERROR_LIMIT = 4;

export const ARGO: Method = {
  key: "argo",
  name: "Argo Rollouts",
  about: "95 % success over 5 minutes from the second stage on, aborted at the 4th failed measurement",
  start({ stagesBps }) {
    let failed = 0;
    let consecutiveErrors = 0;
    return (history) => {
      const since = history.ticks - history.stageStart;
      if (history.weightBps === stagesBps[0] || since % INTERVAL_TICKS !== 0) return false;
      const requests = between(history.canaryRequests, history.ticks - INTERVAL_TICKS, history.ticks);
      const errors = between(history.canaryErrors, history.ticks - INTERVAL_TICKS, history.ticks);
      if (requests === 0) {
        consecutiveErrors += 1;
        return consecutiveErrors > CONSECUTIVE_ERROR_LIMIT;
      }
      consecutiveErrors = 0;
      if (1 - errors / requests < MIN_SUCCESS) failed += 1;
      return failed > FAILURE_LIMIT;
    };
  },
};
