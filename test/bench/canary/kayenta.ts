/**
 * Kayenta with NetflixACAJudge, one critical metric: the error rate in percent, a point per minute and arm, direction
 * "increase". Judged every ten minutes over all minutes so far. It wants 50 points, which take an hour.
 */
import { between, type History, TICK_SECONDS } from "./history.ts";
import { type Comparison, compareSamples } from "./mann-whitney.ts";
import type { Method } from "./method.ts";
import type { Draws } from "./random.ts";

const STEP_TICKS = 60 / TICK_SECONDS;
const INTERVAL_TICKS = 600 / TICK_SECONDS;
/** Of the shift between the arms, which the lower end of its confidence interval must exceed. */
const TOLERANCE = 0.25;
const ALLOWED_INCREASE = 1;
const NOISE = 1e-5;

export const KAYENTA: Method = {
  key: "kayenta",
  name: "Kayenta",
  about: "Mann-Whitney at 98 % on a point per minute, judged every 10 minutes",
  start: (_ramp, draws) => (history) => {
    if (history.ticks % INTERVAL_TICKS !== 0) return false;
    const canary = points(history, history.canaryErrors, history.canaryRequests);
    const control = points(history, history.controlErrors, history.controlRequests);
    // One critical metric: the score is 100 or 0, and 0 is below every limit.
    return isHigh(canary, control, draws);
  },
};

/** Minutes without requests are no points (`nanStrategy: remove`). */
function points(history: History, errors: Float64Array, requests: Float64Array): number[] {
  const percents: number[] = [];
  for (let to = STEP_TICKS; to <= history.ticks; to += STEP_TICKS) {
    const asked = between(requests, to - STEP_TICKS, to);
    if (asked > 0) percents.push((100 * between(errors, to - STEP_TICKS, to)) / asked);
  }
  return percents;
}

function isHigh(canary: number[], control: number[], draws: Draws): boolean {
  // No data, or only one distinct value in both arms: pass.
  if (canary.length === 0 || control.length === 0 || new Set([...canary, ...control]).size === 1) return false;
  const ratio = mean(canary) / mean(control);
  if (mean(control) > 0 && mean(canary) > 0 && ratio < ALLOWED_INCREASE) return false;
  const eachIsConstant = new Set(canary).size === 1 && new Set(control).size === 1;
  const noisy = (values: number[]) => values.map((value) => value * (1 + NOISE * draws.normal()));
  const { lower, shift }: Comparison = eachIsConstant
    ? compareSamples(noisy(canary), noisy(control))
    : compareSamples(canary, control);
  return lower > TOLERANCE * Math.abs(shift);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
