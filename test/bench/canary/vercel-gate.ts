/**
 * Vercel's gate: an evaluation fails if the canary's error rate is higher and Fisher's one-sided p is below 0.05, on
 * counts up to 30 s ago; three failures among the last five evaluations trip it. Neither its period nor its window is
 * published: a minute, with the last minute and with the stage so far.
 */
import { fisherUpperTail } from "./fisher.ts";
import { between, type History, TICK_SECONDS } from "./history.ts";
import type { Method } from "./method.ts";

const PERIOD_TICKS = 60 / TICK_SECONDS;
const WATERMARK_TICKS = 30 / TICK_SECONDS;
const SIGNIFICANCE = 0.05;
const WINDOW_SIZE = 5;
const FAILURE_THRESHOLD = 3;

export const VERCEL_MINUTE = gate("vercelMinute", "last minute", (_history, to) => to - PERIOD_TICKS);
export const VERCEL_STAGE = gate("vercelStage", "stage so far", ({ stageStart }) => stageStart);

function gate(key: string, window: string, windowStart: (history: History, to: number) => number): Method {
  return {
    key,
    name: `Vercel's gate, ${window}`,
    about: `Fisher's test at 5 % on the ${window}, every minute; 3 of the last 5 trip it`,
    start() {
      const failures: boolean[] = [];
      return (history) => {
        if (history.ticks % PERIOD_TICKS !== 0) return false;
        const to = history.ticks - WATERMARK_TICKS;
        failures.push(fails(history, windowStart(history, to), to));
        if (failures.length > WINDOW_SIZE) failures.shift();
        return failures.filter(Boolean).length >= FAILURE_THRESHOLD;
      };
    },
  };
}

function fails(history: History, from: number, to: number): boolean {
  if (to <= from) return false;
  const [n1, n0] = [between(history.canaryRequests, from, to), between(history.controlRequests, from, to)];
  const [x1, x0] = [between(history.canaryErrors, from, to), between(history.controlErrors, from, to)];
  if (n1 === 0 || n0 === 0 || x1 / n1 <= x0 / n0) return false;
  return fisherUpperTail({ canary: n1, control: n0, canaryErrors: x1, controlErrors: x0 }) < SIGNIFICANCE;
}
