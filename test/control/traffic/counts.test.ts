import { beforeEach, describe, expect, it } from "vitest";
import { judge } from "../../../control/rollout/judge.ts";
import { Counts, EVENTS_A_NETWORK } from "../../../control/traffic/counts.ts";
import { MAX_INTEGRITY_FAILURES, type TrafficBatch, type TrafficEvent } from "../../../schema/contracts/traffic.ts";
import { createSqliteStorage } from "../../support/sqlite-storage.ts";

let counts: Counts;
beforeEach(() => {
  counts = new Counts(createSqliteStorage().sql);
  counts.create();
});

function event(visitor: number, change: Partial<TrafficEvent> = {}): TrafficEvent {
  return { metric: "server_errors", visitor, network: visitor, arm: "control", weightBps: 500, ...change };
}

function add(parts: Partial<TrafficBatch>): void {
  counts.add({ version: 1, visitors: [], events: [], integrityFailures: [], countedProbes: [], ...parts });
}

describe("an event", () => {
  it("counts in its arm, at its weight", () => {
    add({ events: [event(1), event(2, { arm: "canary" }), event(3, { weightBps: 2_500 }), event(4)] });
    expect(counts.metrics()).toEqual([
      {
        metric: "server_errors",
        strata: [
          { weightBps: 500, canary: 1, control: 2 },
          { weightBps: 2_500, canary: 0, control: 1 },
        ],
      },
    ]);
  });

  it("counts once per visitor and metric, where it was first", () => {
    add({ events: [event(1)] });
    add({ events: [event(1, { arm: "canary", weightBps: 5_000 }), event(1, { metric: "browser_errors" })] });
    expect(counts.metrics()).toEqual([
      { metric: "browser_errors", strata: [{ weightBps: 500, canary: 0, control: 1 }] },
      { metric: "server_errors", strata: [{ weightBps: 500, canary: 0, control: 1 }] },
    ]);
  });

  it("that is told again, also by another object of the same storage, changes nothing", () => {
    const { sql } = createSqliteStorage();
    const batch: TrafficBatch = {
      version: 1,
      visitors: [],
      events: [event(1), event(2, { network: 1 })],
      integrityFailures: [{ path: "a.js", problem: "missing" }],
      countedProbes: [{ probe: "p1", arm: "canary" }],
    };
    const told = [1, 2, 3].map(() => {
      const some = new Counts(sql);
      some.create();
      some.add(batch);
      return [some.metrics(), some.integrityFailures(), some.countedProbes()];
    });
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  it(`of one network counts ${EVENTS_A_NETWORK} times, whatever the arm`, () => {
    add({ events: Array.from({ length: 1_000 }, (_, n) => event(n, { network: 7, arm: "canary" })) });
    add({ events: [event(5_000, { network: 7 }), event(5_001, { network: 8 })] });
    expect(counts.metrics()[0]?.strata).toEqual([{ weightBps: 500, canary: EVENTS_A_NETWORK, control: 1 }]);
  });
});

describe("what is known apart", () => {
  it("is a few integrity failures, each once", () => {
    const integrityFailures = Array.from({ length: 2 * MAX_INTEGRITY_FAILURES }, (_, n) => ({
      path: `${n % 30}.js`,
      problem: "missing" as const,
    }));
    add({ integrityFailures });
    add({ integrityFailures: [{ path: "0.js", problem: "damaged" }] });
    expect(counts.integrityFailures()).toHaveLength(MAX_INTEGRITY_FAILURES);
    expect(counts.integrityFailures()).toContainEqual({ path: "0.js", problem: "missing" });
  });

  it("is the last probes", () => {
    for (let n = 0; n < 200; n++) {
      add({ countedProbes: [{ probe: `p${n}`, arm: "canary" }] });
      add({ countedProbes: [{ probe: `p${n}`, arm: "control" }] });
    }
    expect(counts.countedProbes().length).toBeLessThan(60);
    expect(counts.countedProbes().slice(-2)).toEqual([
      { probe: "p199", arm: "canary" },
      { probe: "p199", arm: "control" },
    ]);
  });
});

describe("the judge, told what one address can do", () => {
  const judged = () =>
    judge({ metrics: counts.metrics(), canaryVisitors: 10_000, errorRateThreshold: null }).some(
      ({ regressed }) => regressed,
    );

  it.each([100, 500, 2_500, 5_000])(
    "keeps a good build at %i bps: ten thousand clients that all know their side",
    (weightBps) => {
      for (let from = 0; from < 10_000; from += 1_000) {
        const events = Array.from({ length: 1_000 }, (_, n) =>
          event(from + n, { network: 7, arm: "canary", weightBps }),
        );
        add({ events });
      }
      expect(judged()).toBe(false);
    },
  );

  it("keeps it when one client loops", () => {
    for (let n = 0; n < 1_000; n++) add({ events: [event(1, { arm: "canary" })] });
    expect(judged()).toBe(false);
  });

  it("ends a bad one when it is several addresses", () => {
    add({ events: Array.from({ length: 4 }, (_, n) => event(n, { arm: "canary" })) });
    expect(judged()).toBe(true);
  });
});

it("an object that holds nothing says so", () => {
  const empty = new Counts(createSqliteStorage().sql);
  expect(empty.exist()).toBe(false);
  empty.create();
  expect(empty.exist()).toBe(true);
});
