import { describe, expect, it } from "vitest";
import { judge } from "../../../control/rollout/judge.ts";
import { describeFinding, describeIntegrity, describeTooFew } from "../../../control/rollout/sentence.ts";
import type { MetricCounts } from "../../../schema/contracts/traffic.ts";
import { counts } from "./samples.ts";

function sentence(metric: MetricCounts, limit: number | null = null): string | undefined {
  const findings = judge({ metrics: [metric], canaryVisitors: 200, errorRateThreshold: limit });
  return findings.filter(({ metric: name }) => name === metric.metric).map(describeFinding)[0];
}

describe("a finding in words", () => {
  it.each([
    [counts(0, 0), "no visitors with errors so far"],
    [counts(1, 19), "1 of 20 visitors with errors were in the 5 % canary; what chance would do"],
    [counts(2, 0), "2 of 2 visitors with errors were in the 5 % canary; odds 26 to 1 against chance"],
    [counts(5, 1), "5 of 6 visitors with errors were in the 5 % canary; odds 9 800 to 1 against chance"],
    [
      counts(17, 2),
      "17 of 19 visitors with errors were in the 5 % canary; odds of more than 1 000 000 000 to 1 against chance",
    ],
    [
      counts(2, 0, 50, "browser_errors"),
      "2 of 2 visitors with errors in the browser were in the 0.5 % canary; odds 72 to 1 against chance",
    ],
    [
      counts(2, 0, 1_250, "latency"),
      "2 of 2 visitors with slow answers were in the 12.5 % canary; odds 12 to 1 against chance",
    ],
    [counts(9, 0, 10_000), "no visitors with errors so far"],
  ])("of %j", (metric, expected) => {
    expect(sentence(metric)).toBe(expected);
  });

  it("names the first and last weight that had events", () => {
    const strata = [
      { weightBps: 500, canary: 2, control: 0 },
      { weightBps: 2_500, canary: 0, control: 0 },
      { weightBps: 5_000, canary: 1, control: 1 },
      { weightBps: 10_000, canary: 7, control: 0 },
    ];
    expect(sentence({ metric: "server_errors", strata })).toMatch(
      /^3 of 4 visitors .* in the canary of 5 to 50 %; odds/,
    );
  });

  it("says what became of the threshold", () => {
    expect(sentence(counts(17, 2), 0.02)).toMatch(
      /; 17 of the canary's 200 visitors met errors, credibly more than 2 %$/,
    );
    expect(sentence(counts(3, 0), 0.02)).toMatch(
      /; 3 of the canary's 200 visitors met errors, not credibly more than 2 %$/,
    );
  });
});

describe("other reasons in words", () => {
  const missing = { path: "/assets/app.js", problem: "missing" } as const;

  it("of a bundle that is not whole", () => {
    expect(describeIntegrity([missing])).toBe(
      "/assets/app.js of the canary's bundle is missing in storage; that needs no test",
    );
    expect(describeIntegrity([missing, { path: "/a.css", problem: "damaged" }])).toMatch(
      /missing in storage, and 1 more;/,
    );
  });

  it("of too few visitors", () => {
    expect(describeTooFew(12, 100)).toBe("12 visitors saw the canary, fewer than the 100 that a decision needs");
  });
});
