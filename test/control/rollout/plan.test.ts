import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../control/rollout/evidence.ts";
import { type Move, planStep } from "../../../control/rollout/plan.ts";
import { applyMove, pause, type Rollout, resume, weightBpsOf } from "../../../control/rollout/rollout.ts";
import type { RolloutSettings } from "../../../control/rollout/settings.ts";
import { replay, type Verdict, verdictOf } from "../../../control/rollout/verdict.ts";
import { BROKEN, counted, counts, evidence, rollout, START, WINDOW_MS } from "./samples.ts";

const END = START + WINDOW_MS;
const LEAD_MS = 5_000;
const DAMAGED = { integrityFailures: [{ path: "/assets/app.js", problem: "damaged" }] } as const;
const kindOf = ({ kind }: Move) => kind;

/** At the end of a window, with a meter that has answered. */
const atEnd = (over: Partial<Evidence> = {}) => evidence({ probe: counted(END - LEAD_MS), ...over });

describe("a stage that nothing speaks against", () => {
  it("is watched for its window", () => {
    expect(planStep(rollout(), evidence(), START)).toEqual({ kind: "stay", until: END - LEAD_MS });
  });

  it("has the meter probed shortly before its end, then waits for that end", () => {
    expect(planStep(rollout(), evidence(), END - LEAD_MS)).toEqual({ kind: "probe" });
    expect(planStep(rollout(), atEnd(), END - 1)).toEqual({ kind: "stay", until: END });
  });

  it("passes then", () => {
    expect(planStep(rollout(), atEnd(), END)).toEqual({ kind: "advance", stage: 1, inconclusive: false });
  });

  it("passes with a canary on which odds stand, but not enough of them", () => {
    expect(kindOf(planStep(rollout(), atEnd({ metrics: [counts(2, 0)] }), END))).toBe("advance");
  });

  it("passes to the next one only, however late the tick", () => {
    const late = END + 24 * 3_600_000;
    const move = planStep(rollout(), evidence({ probe: counted(late) }), late);
    expect(move).toMatchObject({ kind: "advance", stage: 1 });
    const next = applyMove(rollout(), move, late);
    expect(planStep(next, evidence({ probe: counted(late) }), late + 1)).toMatchObject({ kind: "stay" });
  });

  it("is the last before everybody: the rollout completes", () => {
    expect(planStep(rollout({}, { stage: 2 }), atEnd(), END)).toEqual({ kind: "complete", inconclusive: false });
  });

  it("is the only one: the rollout completes at once", () => {
    expect(planStep(rollout({ stagesBps: [10_000] }), null, START)).toEqual({ kind: "complete", inconclusive: false });
  });
});

describe("a regression", () => {
  it.each([
    ["in the middle of a window", START + 1],
    ["at its end", END],
    ["long after it", END + 3_600_000],
  ])("rolls back %s", (_when, now) => {
    expect(planStep(rollout(), atEnd({ metrics: [BROKEN] }), now)).toMatchObject({
      kind: "roll_back",
      verdict: { reason: "regression", at: now, weightBps: 500 },
    });
  });

  it("rolls back a paused rollout too, and one that is held", () => {
    const broken = evidence({ metrics: [BROKEN] });
    expect(kindOf(planStep(pause(rollout(), START), broken, START + 1))).toBe("roll_back");
    const held = rollout({}, { hold: { reason: "meter_silent", since: END } });
    expect(kindOf(planStep(held, broken, END + 1))).toBe("roll_back");
  });

  it("below the owner's threshold does not", () => {
    const settings = { errorRateThreshold: 0.5 };
    expect(kindOf(planStep(rollout(settings), atEnd({ metrics: [BROKEN] }), END))).toBe("advance");
  });
});

describe("a bundle that is not whole", () => {
  it.each(["ramping", "baking"] as const)("rolls back while %s, without a test", (phase) => {
    expect(planStep(rollout({}, { phase }), evidence(DAMAGED), START)).toMatchObject({
      kind: "roll_back",
      verdict: { reason: "integrity", sentence: expect.stringContaining("/assets/app.js") },
    });
  });

  it("is told before a regression: it is the cause", () => {
    const both = evidence({ ...DAMAGED, metrics: [BROKEN] });
    expect(planStep(rollout(), both, START)).toMatchObject({ verdict: { reason: "integrity" } });
  });
});

describe("a meter that cannot be trusted", () => {
  it("that nobody can reach holds the stage soon after its end, not before", () => {
    expect(kindOf(planStep(rollout(), null, START))).toBe("stay");
    expect(planStep(rollout(), null, END - 1)).toEqual({ kind: "stay", until: END + 5_000 });
    expect(planStep(rollout(), null, END)).toEqual({ kind: "stay", until: END + 5_000 });
    expect(planStep(rollout(), null, END + 5_000)).toEqual({ kind: "hold", reason: "meter_unreachable" });
  });

  it.each([
    ["the canary's", { canaryCounted: false, controlCounted: true }],
    ["control's", { canaryCounted: true, controlCounted: false }],
  ])("that did not count %s probe holds the stage, and is asked again", (_whose, answer) => {
    const sentAt = END - 1_000;
    const silent = evidence({ probe: { sentAt, ...answer } });
    expect(planStep(rollout(), silent, END)).toEqual({ kind: "stay", until: sentAt + 5_000 });
    expect(planStep(rollout(), silent, sentAt + 5_000)).toEqual({ kind: "hold", reason: "meter_silent" });
    expect(planStep(rollout(), silent, sentAt + 30_000)).toEqual({ kind: "probe" });
  });

  it("holds for as long as it lasts, whatever the owner says about too few visitors", () => {
    const day = END + 24 * 3_600_000;
    const silent = evidence({ probe: { sentAt: day - 10_000, canaryCounted: false, controlCounted: false } });
    const held = rollout({ onInconclusive: "abort" }, { hold: { reason: "meter_silent", since: END } });
    expect(planStep(held, silent, day)).toEqual({ kind: "hold", reason: "meter_silent" });
  });

  it("is not vouched for by a probe of an earlier stage, nor by one of long ago", () => {
    expect(planStep(rollout(), evidence({ probe: counted(START) }), END)).toEqual({ kind: "probe" });
    expect(planStep(rollout(), atEnd(), END + 60_000)).toEqual({ kind: "probe" });
  });

  it("that answers again lets the stage pass", () => {
    const held = rollout({}, { hold: { reason: "meter_silent", since: END } });
    expect(kindOf(planStep(held, evidence({ probe: counted(END + 40_000) }), END + 41_000))).toBe("advance");
  });
});

describe("too few visitors", () => {
  const few = (now: number) => evidence({ canaryVisitors: 99, probe: counted(now) });

  it("are noted, and pass", () => {
    expect(planStep(rollout(), few(END), END)).toEqual({ kind: "advance", stage: 1, inconclusive: true });
    expect(planStep(rollout({}, { stage: 2 }), few(END), END)).toEqual({ kind: "complete", inconclusive: true });
    expect(planStep(rollout({ minVisitors: 99 }), few(END), END)).toMatchObject({ inconclusive: false });
  });

  it("end the rollout of an owner who says so", () => {
    expect(planStep(rollout({ onInconclusive: "abort" }), few(END), END)).toMatchObject({
      kind: "roll_back",
      verdict: {
        reason: "inconclusive",
        sentence: "99 visitors saw the canary, fewer than the 100 that a decision needs",
      },
    });
  });

  it("are waited for, up to the longest hold", () => {
    const settings = { onInconclusive: "hold", maxHoldMs: 600_000 } as const;
    const hold = { kind: "hold", reason: "too_few_visitors" };
    expect(planStep(rollout(settings), few(END), END)).toEqual(hold);
    const held = rollout(settings, { hold: { reason: "too_few_visitors", since: END }, tooFewSince: END });
    expect(planStep(held, few(END + 599_999), END + 599_999)).toEqual(hold);
    expect(planStep(held, few(END + 600_000), END + 600_000)).toMatchObject({ verdict: { reason: "inconclusive" } });
    expect(kindOf(planStep(held, evidence({ probe: counted(END + 60_000) }), END + 60_000))).toBe("advance");
  });

  it("are waited for no longer because the meter could not be reached meanwhile", () => {
    const settings = { onInconclusive: "hold", maxHoldMs: 600_000 } as const;
    const first = rollout(settings);
    let held = applyMove(first, planStep(first, few(END), END), END);
    held = applyMove(held, planStep(held, null, END + 300_000), END + 300_000);
    held = applyMove(held, { kind: "hold", reason: "meter_silent" }, END + 310_000);
    expect(planStep(held, few(END + 600_000), END + 600_000)).toMatchObject({ verdict: { reason: "inconclusive" } });
  });

  it("are not waited for while another reason held the stage", () => {
    const settings = { onInconclusive: "hold", maxHoldMs: 600_000 } as const;
    const held = rollout(settings, { hold: { reason: "meter_silent", since: START } });
    expect(kindOf(planStep(held, few(END + 3_600_000), END + 3_600_000))).toBe("hold");
  });
});

describe("a pause", () => {
  it("keeps the weight for as long as it lasts", () => {
    const paused = pause(rollout(), START + 10_000);
    expect(planStep(paused, atEnd(), END + 3_600_000)).toEqual({ kind: "stay", until: null });
    expect(pause(paused, END)).toBe(paused);
  });

  it("is not taken from the window, nor from a hold", () => {
    const hold = { reason: "too_few_visitors", since: START + 5_000 } as const;
    const resumed = resume(pause(rollout({}, { hold }), START + 10_000), START + 100_000);
    expect(resumed).toEqual(rollout({}, { stageStartedAt: START + 90_000, hold: { ...hold, since: START + 95_000 } }));
    expect(resume(resumed, END)).toBe(resumed);
  });
});

describe("the bake watch", () => {
  const baking = rollout({}, { phase: "baking", stage: 3 });

  it("ends after one window", () => {
    expect(planStep(baking, evidence(), END - 1)).toEqual({ kind: "stay", until: END });
    expect(planStep(baking, null, END)).toEqual({ kind: "finish" });
  });

  it.each([
    ["evidence that came in late", {}, BROKEN, /^17 of 19 visitors with errors were in the 5 % canary; odds/],
    [
      "errors beyond the threshold",
      { errorRateThreshold: 0.02 },
      counts(90, 0, 10_000),
      /^90 of the canary's 500 visitors met errors, credibly more than 2 %$/,
    ],
  ])("warns once of %s, and rolls nothing back", (_what, settings, metric, sentence) => {
    const at = { ...baking, settings: { ...baking.settings, ...settings } };
    const move = planStep(at, evidence({ metrics: [metric] }), START + 1);
    expect(move).toMatchObject({ kind: "warn", verdict: { sentence: expect.stringMatching(sentence) } });
    expect(kindOf(planStep(applyMove(at, move, START + 1), evidence({ metrics: [metric] }), START + 2))).toBe("stay");
  });

  it("does not mind any number of errors without a threshold: there is no control arm", () => {
    expect(kindOf(planStep(baking, evidence({ metrics: [counts(400, 0, 10_000)] }), START + 1))).toBe("stay");
  });
});

describe("a verdict", () => {
  const move = planStep(rollout(), evidence({ metrics: [BROKEN, counts(1, 3, 2_500)] }), START + 7);
  const verdict = move.kind === "roll_back" ? move.verdict : undefined;

  it("is replayed from what was stored, bit for bit", () => {
    const stored = JSON.parse(JSON.stringify(verdict)) as Verdict;
    expect(replay(stored)).toEqual(verdict);
    expect(JSON.stringify(replay(stored))).toBe(JSON.stringify(verdict));
  });

  it("is replayed the same when the store has reordered its fields", () => {
    const stored = reversedKeys(JSON.parse(JSON.stringify(verdict))) as Verdict;
    expect(replay(stored)).toEqual(verdict);
  });

  it("can be asked what other settings would have made of it", () => {
    const inputs = { rollout: rollout({ errorRateThreshold: 0.9 }), evidence: evidence({ metrics: [BROKEN] }) };
    expect(verdictOf("regression", inputs, START).findings[0]?.regressed).toBe(false);
  });
});

describe("any rollout, whatever it meets", () => {
  const stratum = fc.record({ weightBps: fc.constantFrom(500, 2_500, 5_000), canary: fc.nat(6), control: fc.nat(20) });
  const tick = fc.record({
    waitMs: fc.integer({ min: 0, max: 90_000 }),
    reachable: fc.boolean(),
    counts: fc.boolean(),
    strata: fc.array(stratum, { maxLength: 2 }),
    visitors: fc.nat(300),
    whole: fc.integer({ min: 0, max: 30 }),
    press: fc.constantFrom("pause", "resume", null, null, null, null),
  });
  const settings: fc.Arbitrary<Partial<RolloutSettings>> = fc.record({
    onInconclusive: fc.constantFrom("pass", "hold", "abort"),
    errorRateThreshold: fc.constantFrom(null, 0.02),
  });

  it("goes through every stage in turn, each watched for its window, and comes to an end once", () => {
    fc.assert(
      fc.property(settings, fc.array(tick, { minLength: 1, maxLength: 60 }), (chosen, ticks) => {
        let state = rollout(chosen);
        let now = START;
        let probeSentAt: number | null = null;
        for (const { waitMs, reachable, counts, strata, visitors, whole, press } of ticks) {
          now += waitMs;
          if (press) state = press === "pause" ? pause(state, now) : resume(state, now);
          const known = evidence({
            metrics: [{ metric: "server_errors", strata }],
            canaryVisitors: visitors,
            integrityFailures: whole === 0 ? DAMAGED.integrityFailures : [],
            probe: probeSentAt === null ? null : { sentAt: probeSentAt, canaryCounted: counts, controlCounted: counts },
          });
          const move = planStep(state, reachable ? known : null, now);
          if (move.kind === "probe") probeSentAt = now;
          const next = applyMove(state, move, now);
          checkStep(state, move, next, now);
          state = next;
        }
      }),
    );
  });

  function checkStep(before: Rollout, move: Move, after: Rollout, now: number): void {
    if (before.phase === "over") expect(kindOf(move)).toBe("stay");
    if (move.kind === "advance" || move.kind === "complete") {
      expect(before.pausedAt).toBeNull();
      expect(now - before.stageStartedAt).toBeGreaterThanOrEqual(WINDOW_MS);
      expect(after.stage).toBe(before.stage + 1);
      expect(weightBpsOf(after)).toBeGreaterThan(weightBpsOf(before));
    } else {
      expect(after.stage).toBe(before.stage);
    }
    if (move.kind === "complete") expect(before.phase).toBe("ramping");
    if (move.kind === "stay" && move.until !== null) expect(move.until).toBeGreaterThan(now);
  }
});

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, reversedKeys(inner)]);
  return Object.fromEntries(entries.reverse());
}
