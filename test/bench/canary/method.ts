/** A way to judge a canary, ours or another system's. All of them see the same traffic on the same ramp. */
import type { History } from "./history.ts";
import type { Draws } from "./random.ts";

export type Method = {
  /** A name of an identifier's form, for figures. */
  readonly key: string;
  readonly name: string;
  readonly about: string;
  /** A new rollout. */
  start(ramp: RampPlan, draws: Draws): Look;
};

/** Asked after every tick. @returns whether to roll back now */
export type Look = (history: History) => boolean;

export type RampPlan = { readonly stagesBps: readonly number[]; readonly stageSeconds: number };
