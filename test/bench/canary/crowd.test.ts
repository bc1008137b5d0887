import { describe, expect, it } from "vitest";
import { createCrowd } from "./crowd.ts";
import { createDraws } from "./random.ts";
import { INDEPENDENT, STICKY, TRAFFIC } from "./traffic.ts";

const tick = { progress: 0, weightBps: 500, seconds: 5, rise: 1 };

describe("draws", () => {
  it.each([0.3, 5, 60, 500])("from Poisson's distribution have its mean and variance, %d", (mean) => {
    const draws = createDraws(1, 2);
    const values = Array.from({ length: 20_000 }, () => draws.poisson(mean));
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    expect(Math.abs(average / mean - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.05);
  });

  it("are the same for the same seed, and others for another stream", () => {
    const first = (stream: number) => createDraws(7, stream).uniform();
    expect(first(1)).toBe(first(1));
    expect(first(1)).not.toBe(first(2));
  });
});

describe("a crowd", () => {
  it.each([1, 10])("fails at its rate, %d times as often in the canary", (rise) => {
    const crowd = createCrowd(INDEPENDENT.populations(2_000), createDraws(3, rise));
    const totals = { canary: 0, control: 0, canaryErrors: 0, controlErrors: 0 };
    for (let n = 0; n < 400; n++) {
      const counts = crowd.tick({ ...tick, rise });
      totals.canary += counts.canaryRequests;
      totals.control += counts.controlRequests;
      totals.canaryErrors += counts.canaryErrors;
      totals.controlErrors += counts.controlErrors;
    }
    expect(totals.canary / (totals.canary + totals.control)).toBeCloseTo(0.05, 2);
    expect(totals.controlErrors / totals.control / 0.005).toBeCloseTo(1, 1);
    expect(totals.canaryErrors / totals.canary / (0.005 * rise)).toBeCloseTo(1, 1);
  });

  it("meets a visitor's first error once, in whichever arm it is then", () => {
    const crowd = createCrowd([{ visitors: 50, requestsPerSecond: 100, errorRate: () => 1 }], createDraws(4, 1));
    let first = 0;
    for (const weightBps of [500, 2_500, 5_000]) {
      for (let n = 0; n < 20; n++) {
        const counts = crowd.tick({ ...tick, weightBps });
        first += counts.canaryFirstErrors + counts.controlFirstErrors;
      }
    }
    expect(first).toBe(50);
  });

  it("has about the same base rate of errors in every kind of traffic but the failing client's", () => {
    for (const traffic of TRAFFIC.filter(({ name }) => !["failing client", "from 25 %", "drift"].includes(name))) {
      const crowd = createCrowd(traffic.populations(200), createDraws(5, 1));
      let [requests, errors] = [0, 0];
      for (let n = 0; n < 400; n++) {
        const counts = crowd.tick({ ...tick, progress: 0.1 });
        requests += counts.canaryRequests + counts.controlRequests;
        errors += counts.canaryErrors + counts.controlErrors;
      }
      expect(errors / requests / 0.005, traffic.name).toBeCloseTo(1, 1);
    }
  });

  it("of returning visitors has fewer first errors than errors", () => {
    const crowd = createCrowd(STICKY.populations(20), createDraws(6, 1));
    let [first, all] = [0, 0];
    for (let n = 0; n < 360; n++) {
      const counts = crowd.tick({ ...tick, rise: 10 });
      first += counts.canaryFirstErrors;
      all += counts.canaryErrors;
    }
    expect(first).toBeLessThan(all * 0.8);
  });
});
