/** A two-proportion z-test with pooled variance on running totals, looked at after every tick: 1 % if it were asked once. */
import { between } from "./history.ts";
import type { Method } from "./method.ts";

const CRITICAL = 2.326;
const MIN_ERRORS = 5;

export const PEEKED_Z: Method = {
  key: "peekedZ",
  name: "peeked z-test",
  about: "z-test at 1 % on all requests so far, asked every 5 s",
  start: () => (history) => {
    const total = (totals: Float64Array) => between(totals, 0, history.ticks);
    const [n1, n0] = [total(history.canaryRequests), total(history.controlRequests)];
    const [x1, x0] = [total(history.canaryErrors), total(history.controlErrors)];
    if (x1 + x0 < MIN_ERRORS || n1 === 0 || n0 === 0) return false;
    const pooled = (x1 + x0) / (n1 + n0);
    const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0));
    return deviation > 0 && (x1 / n1 - x0 / n0) / deviation > CRITICAL;
  },
};
