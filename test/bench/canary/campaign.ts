/** Many ramps of one kind of traffic, each seen by every method at once. */
import { createCrowd } from "./crowd.ts";
import { append, createHistory, type History, TICK_SECONDS } from "./history.ts";
import type { Look, Method, RampPlan } from "./method.ts";
import { createDraws } from "./random.ts";
import type { Traffic } from "./traffic.ts";

/** Ramp of three stages of ten minutes, as all methods are compared on. */
export const LONG_RAMP: RampPlan = { stagesBps: [500, 2_500, 5_000], stageSeconds: 600 };

export type Campaign = {
  readonly traffic: Traffic;
  readonly requestsPerSecond: number;
  readonly ramp: RampPlan;
  /** 1: the build is good. */
  readonly rise: number;
  readonly ramps: number;
  readonly methods: readonly Method[];
  readonly seed: number;
};

/** Per ramp. */
export type Outcomes = {
  /** From the start to the rollback; infinite where there was none. */
  readonly seconds: Float64Array;
  /** What the canary answered until then. */
  readonly canaryRequests: Float64Array;
};

/** @returns the outcomes of each method, by its key */
export function runCampaign(campaign: Campaign): Map<string, Outcomes> {
  const { methods, ramps } = campaign;
  const outcomes = new Map(methods.map(({ key }) => [key, emptyOutcomes(ramps)]));
  for (let number = 0; number < ramps; number++) runRamp(campaign, number, outcomes);
  return outcomes;
}

function emptyOutcomes(ramps: number): Outcomes {
  return { seconds: new Float64Array(ramps).fill(Number.POSITIVE_INFINITY), canaryRequests: new Float64Array(ramps) };
}

function runRamp(campaign: Campaign, number: number, outcomes: Map<string, Outcomes>): void {
  const { traffic, requestsPerSecond, ramp, rise, methods, seed } = campaign;
  const draws = createDraws(seed, number);
  const crowd = createCrowd(traffic.populations(requestsPerSecond), draws);
  const ticksPerStage = ramp.stageSeconds / TICK_SECONDS;
  const ticks = ticksPerStage * ramp.stagesBps.length;
  const history = createHistory(ticks);
  // Methods draw from a stream of their own: what they do never changes the traffic.
  let undecided = methods.map((method) => ({ method, look: method.start(ramp, createDraws(~seed, number)) }));

  for (let tick = 0; tick < ticks && undecided.length > 0; tick++) {
    const weightBps = ramp.stagesBps[Math.floor(tick / ticksPerStage)] ?? 0;
    append(history, crowd.tick({ progress: tick / ticks, weightBps, seconds: TICK_SECONDS, rise }), weightBps);
    undecided = undecided.filter(({ method, look }) => !decide(method, look));
  }
  for (const { method } of undecided) note(method, Number.POSITIVE_INFINITY);

  function decide(method: Method, look: Look): boolean {
    const rollsBack = look(history);
    if (rollsBack) note(method, history.ticks * TICK_SECONDS);
    return rollsBack;
  }

  function note({ key }: Method, seconds: number): void {
    const outcome = outcomes.get(key);
    if (!outcome) throw new Error(`no outcomes of ${key}`);
    outcome.seconds[number] = seconds;
    outcome.canaryRequests[number] = requestsSoFar(history);
  }
}

function requestsSoFar({ canaryRequests, ticks }: History): number {
  return canaryRequests[ticks] ?? 0;
}

/** The share of ramps that were rolled back. */
export function shareRolledBack({ seconds }: Outcomes): number {
  return seconds.filter(Number.isFinite).length / seconds.length;
}

/** Over all ramps; infinite when fewer than half were rolled back. */
export function medianOf(values: Float64Array): number {
  return values.toSorted()[Math.ceil(values.length / 2) - 1] ?? Number.NaN;
}
