/** The methods on histories made by hand: what each does is what its description says. */
import { describe, expect, it } from "vitest";
import { ARGO } from "./argo.ts";
import { LONG_RAMP } from "./campaign.ts";
import type { Counts } from "./crowd.ts";
import { fisherUpperTail } from "./fisher.ts";
import { FLAGGER, FLAGGER_FIRST, FLAGGER_SCHEDULER } from "./flagger.ts";
import { append, createHistory, TICK_SECONDS } from "./history.ts";
import { KAYENTA } from "./kayenta.ts";
import { compareSamples } from "./mann-whitney.ts";
import type { Method } from "./method.ts";
import { METHODS } from "./methods.ts";
import { OURS } from "./ours.ts";
import { PEEKED_Z } from "./peeked-z.ts";
import { createDraws } from "./random.ts";
import { VERCEL_MINUTE, VERCEL_STAGE } from "./vercel-gate.ts";

const TICKS = 360;
/** Of a tick at 200 requests per second, 5 % of them the canary's. */
const QUIET: Counts = {
  canaryRequests: 50,
  controlRequests: 950,
  canaryErrors: 0,
  controlErrors: 0,
  canaryFirstErrors: 0,
  controlFirstErrors: 0,
};

/** @returns when the method rolls back, in seconds; null when never */
function rollbackOf(method: Method, countsAt: (second: number) => Partial<Counts>): number | null {
  const look = method.start(LONG_RAMP, createDraws(1, 1));
  const history = createHistory(TICKS);
  for (let tick = 0; tick < TICKS; tick++) {
    const weightBps = LONG_RAMP.stagesBps[Math.floor(tick / (TICKS / 3))] ?? 0;
    append(history, { ...QUIET, ...countsAt(tick * TICK_SECONDS) }, weightBps);
    if (look(history)) return history.ticks * TICK_SECONDS;
  }
  return null;
}

const share = (percent: number) => () => ({ canaryErrors: (QUIET.canaryRequests * percent) / 100 });

describe("a build without errors", () => {
  it.each(METHODS)("is let through by $name", (method) => {
    expect(rollbackOf(method, () => ({}))).toBeNull();
  });
});

describe("the methods", () => {
  it.each([
    ["Flagger rolls back at the tenth failed check", FLAGGER, share(2), 600],
    ["its scheduler one tick later", FLAGGER_SCHEDULER, share(2), 660],
    ["at the first, by default", FLAGGER_FIRST, share(2), 60],
    ["Flagger does not mind exactly 99 %", FLAGGER_FIRST, () => ({ canaryRequests: 100, canaryErrors: 1 }), null],
    ["Flagger takes silence for a failed check", FLAGGER_FIRST, () => ({ canaryRequests: 0 }), 60],
    ["Argo looks from the second stage on, and aborts at the fourth failure", ARGO, share(6), 1_800],
    ["Argo does not mind exactly 95 %", ARGO, () => ({ canaryRequests: 20, canaryErrors: 1 }), null],
    ["Argo bears four measurements without data", ARGO, () => ({ canaryRequests: 0 }), null],
    ["Kayenta judges after ten minutes", KAYENTA, share(4), 600],
    [
      "Kayenta sees no difference where both arms fail alike",
      KAYENTA,
      () => ({ canaryErrors: 2, controlErrors: 38 }),
      null,
    ],
    ["Vercel's gate trips at the third failure, the first after its watermark", VERCEL_STAGE, share(2), 180],
    ["so does the one of the last minute", VERCEL_MINUTE, share(4), 180],
    ["the z-test waits for five errors", PEEKED_Z, () => ({ canaryErrors: 2 }), 15],
    ["requests alone say nothing to ours", OURS, share(50), null],
    ["ours wants visitors: three of them, all in the canary", OURS, () => ({ canaryFirstErrors: 1 }), 15],
    [
      "ours minds no incident that both arms share",
      OURS,
      () => ({ canaryFirstErrors: 1, controlFirstErrors: 19 }),
      null,
    ],
  ])("%s", (_what, method, counts, seconds) => {
    expect(rollbackOf(method, counts)).toBe(seconds);
  });

  it("of Vercel forget failures that are five evaluations old", () => {
    const badMinuteInSix = (second: number) => (second % 360 < 60 ? { canaryErrors: 2 } : {});
    expect(rollbackOf(VERCEL_MINUTE, badMinuteInSix)).toBeNull();
  });
});

describe("the tests behind them", () => {
  it("Fisher's: the lady tasting tea", () => {
    expect(fisherUpperTail({ canary: 4, control: 4, canaryErrors: 3, controlErrors: 1 })).toBeCloseTo(17 / 70, 12);
    expect(fisherUpperTail({ canary: 4, control: 4, canaryErrors: 4, controlErrors: 0 })).toBeCloseTo(1 / 70, 12);
  });

  it("Fisher's: a large table, against exact fractions", () => {
    const table = { canary: 600, control: 11_400, canaryErrors: 8, controlErrors: 52 };
    expect(fisherUpperTail(table)).toBeCloseTo(0.009_602_228_788, 10);
  });

  it("Mann and Whitney's: a shift is found, and its interval holds it", () => {
    const y = Array.from({ length: 30 }, (_, n) => n / 10);
    const { shift, lower } = compareSamples(
      y.map((value) => value + 5),
      y,
    );
    expect(shift).toBeCloseTo(5, 1);
    expect(lower).toBeGreaterThan(4);
    expect(lower).toBeLessThan(5);
  });
});
