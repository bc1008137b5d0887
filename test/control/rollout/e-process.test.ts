import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logEvidence, type Trials } from "../../../control/rollout/e-process.ts";

/** The bets once more, and their product event by event with plain fractions: slow, and without a logarithm. */
const BETS = [
  [1.25, 1],
  [1.5, 1],
  [2, 8],
  [4, 12],
  [10, 8],
  [30, 2],
] as const;

function slowEvidence(trials: readonly Trials[]): number {
  let mixed = 0;
  for (const [rise, parts] of BETS) {
    let wealth = 1;
    for (const { chance, hits, misses } of trials) {
      const risen = (rise * chance) / (rise * chance + (1 - chance));
      for (let n = 0; n < hits; n++) wealth *= risen / chance;
      for (let n = 0; n < misses; n++) wealth *= (1 - risen) / (1 - chance);
    }
    mixed += (parts / 32) * wealth;
  }
  return mixed;
}

const chance = fc.constantFrom(0.01, 0.05, 0.25, 0.5, 0.9);
const trials = fc.record({ chance, hits: fc.nat(40), misses: fc.nat(40) });

describe("the evidence", () => {
  it("is nothing before there is any", () => {
    expect(logEvidence([])).toBe(0);
    expect(logEvidence([{ chance: 0.05, hits: 0, misses: 0 }])).toBe(0);
  });

  it.each([
    // 2r / (1 + r) of each bet: 10/9, 6/5, 4/3, 8/5, 20/11, 60/31.
    ["a hit at even chances", { chance: 0.5, hits: 1, misses: 0 }, 1.581_069],
    // 2 / (1 + r) of each bet: 8/9, 4/5, 2/3, 2/5, 2/11, 2/31.
    ["a miss at even chances", { chance: 0.5, hits: 0, misses: 1 }, 0.418_931],
    // r / (1 + (r - 1) / 20) of each bet: 100/81, 60/41, 40/21, 80/23, 200/29, 600/49.
    ["a hit in a canary of 5 %", { chance: 0.05, hits: 1, misses: 0 }, 4.354_294],
  ])("of %s is what a pencil says", (_what, trial, odds) => {
    expect(Math.exp(logEvidence([trial]))).toBeCloseTo(odds, 5);
  });

  it("agrees with the product taken event by event", () => {
    fc.assert(
      fc.property(fc.array(trials, { maxLength: 4 }), (all) => {
        const slow = slowEvidence(all);
        fc.pre(Number.isFinite(slow) && slow > 1e-300);
        expect(logEvidence(all)).toBeCloseTo(Math.log(slow), 9);
      }),
    );
  });

  it("stays finite where the odds have no number", () => {
    expect(logEvidence([{ chance: 0.05, hits: 1_000_000, misses: 0 }])).toBeGreaterThan(1_000_000);
    expect(logEvidence([{ chance: 0.05, hits: 0, misses: 1_000_000 }])).toBeLessThan(-10_000);
  });

  it.each([0, 1])("is exactly none where everybody is in one arm (a chance of %i)", (chance) => {
    fc.assert(
      fc.property(fc.array(trials), fc.nat(1_000), (others, events) => {
        const oneArm = { chance, hits: events, misses: events };
        expect(logEvidence([...others, oneArm])).toBe(logEvidence(others));
      }),
    );
  });

  it("does not depend on how events were cut into windows", () => {
    fc.assert(
      fc.property(chance, fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50), (chance, a, b, c, d) => {
        const merged = logEvidence([{ chance, hits: a + c, misses: b + d }]);
        const cut = logEvidence([
          { chance, hits: a, misses: b },
          { chance, hits: c, misses: d },
        ]);
        expect(cut).toBeCloseTo(merged, 9);
      }),
    );
  });
});

describe("the bet is fair", () => {
  it.each([0.01, 0.05, 0.25, 0.5, 0.95])(
    "at a chance of %d: it pays 1 on average after any number of events",
    (chance) => {
      for (const events of [1, 2, 7, 30]) {
        let mean = 0;
        for (let hits = 0; hits <= events; hits++) {
          const misses = events - hits;
          mean += binomial(events, hits) * chance ** hits * (1 - chance) ** misses * oddsOf(chance, hits, misses);
        }
        expect(mean).toBeCloseTo(1, 10);
      }
    },
  );

  it.each([
    ["one stage", [{ chance: 0.05, events: 400 }]],
    [
      "three stages",
      [
        { chance: 0.05, events: 40 },
        { chance: 0.25, events: 30 },
        { chance: 0.5, events: 30 },
      ],
    ],
  ])("over %s it reaches odds of 200 to 1 at most once in 200 times, looked at after every event", (_what, stages) => {
    expect(chanceToReach(Math.log(200), stages)).toBeLessThan(1 / 200);
    // Not by never betting.
    expect(chanceToReach(Math.log(200), stages)).toBeGreaterThan(1 / 2_000);
  });
});

/** Exact: event after event, the chance of each state that has not reached the bound. A state is its hits per stage. */
function chanceToReach(bound: number, stages: readonly { chance: number; events: number }[]): number {
  let states: State[] = [{ trials: [], probability: 1 }];
  let reached = 0;
  for (const { chance, events } of stages) {
    states = states.map(({ trials, probability }) => ({
      trials: [...trials, { chance, hits: 0, misses: 0 }],
      probability,
    }));
    for (let event = 0; event < events; event++) {
      const next = new Map<string, State>();
      for (const { trials, probability } of states.flatMap((state) => afterEvent(state, chance))) {
        const key = trials.map(({ hits }) => hits).join();
        // What is too rare to follow counts as reached.
        if (probability < 1e-12 || logEvidence(trials) >= bound) reached += probability;
        else next.set(key, { trials, probability: probability + (next.get(key)?.probability ?? 0) });
      }
      states = [...next.values()];
    }
  }
  return reached;
}

type State = { readonly trials: readonly Trials[]; readonly probability: number };

function afterEvent({ trials, probability }: State, chance: number): State[] {
  const last = trials.at(-1) ?? { chance, hits: 0, misses: 0 };
  const before = trials.slice(0, -1);
  return [
    { trials: [...before, { ...last, hits: last.hits + 1 }], probability: probability * chance },
    { trials: [...before, { ...last, misses: last.misses + 1 }], probability: probability * (1 - chance) },
  ];
}

function oddsOf(chance: number, hits: number, misses: number): number {
  return Math.exp(logEvidence([{ chance, hits, misses }]));
}

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}
