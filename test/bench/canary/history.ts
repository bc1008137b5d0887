/** All counts of a ramp so far, as running totals, so that any window is one subtraction. */
import type { Counts } from "./crowd.ts";

export const TICK_SECONDS = 5;

/** Entry `n` is the total after `n` ticks; 0 is the start. */
export type History = { readonly [count in keyof Counts]: Float64Array } & {
  ticks: number;
  /** In force during the last tick. */
  weightBps: number;
  /** When that weight began, in ticks. */
  stageStart: number;
};

export function createHistory(ticks: number): History {
  const column = () => new Float64Array(ticks + 1);
  return {
    canaryRequests: column(),
    controlRequests: column(),
    canaryErrors: column(),
    controlErrors: column(),
    canaryFirstErrors: column(),
    controlFirstErrors: column(),
    ticks: 0,
    weightBps: 0,
    stageStart: 0,
  };
}

const COUNTS = [
  "canaryRequests",
  "controlRequests",
  "canaryErrors",
  "controlErrors",
  "canaryFirstErrors",
  "controlFirstErrors",
] as const satisfies readonly (keyof Counts)[];

export function append(history: History, counts: Readonly<Counts>, weightBps: number): void {
  if (weightBps !== history.weightBps) history.stageStart = history.ticks;
  history.weightBps = weightBps;
  history.ticks += 1;
  for (const name of COUNTS) {
    const totals = history[name];
    totals[history.ticks] = (totals[history.ticks - 1] ?? 0) + counts[name];
  }
}

/** What was counted after tick `from` up to tick `to`. */
export function between(totals: Float64Array, from: number, to: number): number {
  return (totals[Math.max(0, to)] ?? 0) - (totals[Math.max(0, from)] ?? 0);
}
