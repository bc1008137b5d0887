import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JudgeInputs, judge } from "../../../control/rollout/judge.ts";
import { FALSE_ROLLBACK_RATE, logBound, METRICS } from "../../../control/rollout/metrics.ts";
import type { Stratum } from "../../../schema/contracts/traffic.ts";
import { BROKEN, counts } from "./samples.ts";

const inputs = (over: Partial<JudgeInputs> = {}): JudgeInputs => ({
  metrics: [],
  canaryVisitors: 500,
  errorRateThreshold: null,
  ...over,
});

function regressions(over: Partial<JudgeInputs>): string[] {
  return judge(inputs(over)).flatMap(({ metric, regressed }) => (regressed ? [metric] : []));
}

describe("the metrics", () => {
  it("share out the whole false rollback rate and no more", () => {
    expect(METRICS.reduce((sum, { share }) => sum + share, 0)).toBe(1);
    const rates = METRICS.map((metric) => Math.exp(-logBound(metric)));
    expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(FALSE_ROLLBACK_RATE, 12);
  });

  it("have odds of 200, 400 and 400 to 1 as their bounds", () => {
    expect(METRICS.map((metric) => Math.round(Math.exp(logBound(metric))))).toEqual([200, 400, 400]);
  });
});

describe("the judge", () => {
  it("finds nothing in a rollout without events", () => {
    expect(judge(inputs()).map(({ metric, logEvidence, regressed }) => [metric, logEvidence, regressed])).toEqual(
      METRICS.map(({ name }) => [name, 0, false]),
    );
  });

  it.each([
    // Odds after n hits and no miss at 5 %: 4.4, 27, 214.
    ["two visitors with errors, both in the canary", counts(2, 0), []],
    ["three, all in the canary", counts(3, 0), ["server_errors"]],
    ["as many as its weight says", counts(50, 950), []],
    ["fewer than its weight says", counts(5, 995), []],
    ["twice as many, of few", counts(6, 57), []],
    ["twice as many, of many", counts(60, 570), ["server_errors"]],
    ["three in the browser: its bound is 400 to 1", counts(3, 0, 500, "browser_errors"), []],
    ["four in the browser", counts(4, 0, 500, "browser_errors"), ["browser_errors"]],
    ["slow answers, as any other metric", counts(17, 2, 500, "latency"), ["latency"]],
  ])("of %s", (_what, metric, expected) => {
    expect(regressions({ metrics: [metric] })).toEqual(expected);
  });

  it("learns from all stages of a rollout together", () => {
    const strata = [
      { weightBps: 500, canary: 2, control: 3 },
      { weightBps: 2_500, canary: 7, control: 2 },
    ];
    for (const stratum of strata) {
      expect(regressions({ metrics: [{ metric: "server_errors", strata: [stratum] }] })).toEqual([]);
    }
    expect(regressions({ metrics: [{ metric: "server_errors", strata }] })).toEqual(["server_errors"]);
  });

  it("learns nothing where there is nobody to compare with", () => {
    const alone = [counts(1_000, 0, 10_000), counts(1_000, 0, 0)];
    expect(judge(inputs({ metrics: alone }))[0]?.logEvidence).toBe(0);
  });

  it("gives the same bits for the same counts in any order and any pieces", () => {
    const stratum = fc.record({
      weightBps: fc.constantFrom(500, 700, 2_500, 5_000),
      canary: fc.nat(99),
      control: fc.nat(99),
    });
    fc.assert(
      fc.property(fc.array(stratum, { maxLength: 12 }), fc.infiniteStream(fc.nat(99)), (strata, random) => {
        const shuffled = strata
          .map((stratum) => ({ stratum, at: random.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ stratum }) => stratum);
        const whole = (strata: Stratum[]) => judge(inputs({ metrics: [{ metric: "server_errors", strata }] }));
        const pieces = shuffled.map((stratum) => ({ metric: "server_errors" as const, strata: [stratum] }));
        expect(whole(shuffled)).toEqual(whole(strata));
        expect(judge(inputs({ metrics: pieces }))).toEqual(whole(strata));
      }),
    );
  });
});

describe("the error rate threshold", () => {
  const harmful = { metrics: [BROKEN], errorRateThreshold: 0.02 };

  it("lets a canary go on that is worse than control, but not credibly beyond the limit", () => {
    expect(regressions({ ...harmful, canaryVisitors: 1_000 })).toEqual([]);
    expect(judge(inputs({ ...harmful, canaryVisitors: 1_000 }))[0]?.threshold).toMatchObject({
      limit: 0.02,
      visitors: 1_000,
      withErrors: 17,
      exceeded: false,
    });
  });

  it("rolls back one that is beyond it", () => {
    expect(regressions({ ...harmful, canaryVisitors: 200 })).toEqual(["server_errors"]);
  });

  it("is not enough alone: a shared incident breaks both arms", () => {
    const incident = inputs({ metrics: [counts(50, 950)], canaryVisitors: 60, errorRateThreshold: 0.02 });
    expect(judge(incident)[0]).toMatchObject({ regressed: false, threshold: { exceeded: true } });
  });

  it("says nothing about latency", () => {
    const slow = { ...harmful, metrics: [counts(17, 2, 500, "latency")], canaryVisitors: 100_000 };
    expect(regressions(slow)).toEqual(["latency"]);
    expect(judge(inputs(slow)).map(({ threshold }) => threshold !== null)).toEqual([true, true, false]);
  });

  it("takes a count of visitors that lags behind for what it is", () => {
    expect(judge(inputs({ ...harmful, canaryVisitors: 3 }))[0]?.threshold).toMatchObject({
      visitors: 17,
      withErrors: 17,
    });
  });
});
