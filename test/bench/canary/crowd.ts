/**
 * The visitors of one ramp. Counts are drawn, not requests: in a tick each arm of a population has a Poisson number of
 * requests and of errors, and each error falls on one of that arm's visitors.
 */
import { FULL_WEIGHT_BPS } from "../../../schema/route-record.ts";
import type { Draws } from "./random.ts";
import type { Population } from "./traffic.ts";

/** What happened in a tick, by arm; written anew each tick. `firstErrors` are visitors whose first error it was. */
export type Counts = {
  canaryRequests: number;
  controlRequests: number;
  canaryErrors: number;
  controlErrors: number;
  canaryFirstErrors: number;
  controlFirstErrors: number;
};

export type Crowd = {
  /** @param rise how many times the canary's requests fail more often */
  tick(at: { progress: number; weightBps: number; seconds: number; rise: number }): Readonly<Counts>;
};

export function createCrowd(populations: readonly Population[], draws: Draws): Crowd {
  const groups = populations.map(createGroup);
  const counts = noCounts();

  return {
    tick({ progress, weightBps, seconds, rise }) {
      Object.assign(counts, NO_COUNTS);
      for (const group of groups) {
        moveVisitors(group, weightBps);
        const { population, visitors, inCanary } = group;
        const canaryShare = visitors === null ? weightBps / FULL_WEIGHT_BPS : inCanary / visitors;
        const requests = population.requestsPerSecond * seconds;
        const errorRate = population.errorRate({ progress, weightBps });
        const canaryErrorRate = Math.min(1, errorRate * rise);
        const canaryErrors = draws.poisson(requests * canaryShare * canaryErrorRate);
        const controlErrors = draws.poisson(requests * (1 - canaryShare) * errorRate);
        counts.canaryErrors += canaryErrors;
        counts.controlErrors += controlErrors;
        counts.canaryRequests += canaryErrors + draws.poisson(requests * canaryShare * (1 - canaryErrorRate));
        counts.controlRequests += controlErrors + draws.poisson(requests * (1 - canaryShare) * (1 - errorRate));
        counts.canaryFirstErrors += firstErrors(group, canaryErrors, 0, inCanary);
        counts.controlFirstErrors += firstErrors(group, controlErrors, inCanary, visitors ?? 0);
      }
      return counts;
    },
  };

  /** A higher weight adds visitors and takes none out: each of the others with the chance that its bucket is among the new ones. */
  function moveVisitors(group: Group, weightBps: number): void {
    if (weightBps === group.weightBps) return;
    const chance = (weightBps - group.weightBps) / (FULL_WEIGHT_BPS - group.weightBps);
    if (group.visitors !== null) group.inCanary += draws.binomial(group.visitors - group.inCanary, chance);
    group.weightBps = weightBps;
  }

  /** Of visitors `from` up to `to`, who is hit by so many errors for the first time. */
  function firstErrors({ hit }: Group, errors: number, from: number, to: number): number {
    if (hit === null) return errors;
    let first = 0;
    for (let n = 0; n < errors; n++) {
      const visitor = from + draws.index(to - from);
      if (hit[visitor] === 0) first++;
      hit[visitor] = 1;
    }
    return first;
  }
}

/** Visitors stand in the order of their buckets, so the first `inCanary` of them are the canary's. */
type Group = {
  readonly population: Population;
  readonly visitors: number | null;
  readonly hit: Uint8Array | null;
  inCanary: number;
  weightBps: number;
};

function createGroup(population: Population): Group {
  const { visitors } = population;
  return { population, visitors, hit: visitors === null ? null : new Uint8Array(visitors), inCanary: 0, weightBps: 0 };
}

const NO_COUNTS: Readonly<Counts> = noCounts();

function noCounts(): Counts {
  return {
    canaryRequests: 0,
    controlRequests: 0,
    canaryErrors: 0,
    controlErrors: 0,
    canaryFirstErrors: 0,
    controlFirstErrors: 0,
  };
}
