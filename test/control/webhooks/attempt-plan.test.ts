import { describe, expect, it } from "vitest";
import { GIVE_UP_MS, type Outcome, planStep, whySwitchOff } from "../../../control/webhooks/attempt-plan.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const SECONDS = 1_000;
const MINUTES = 60 * SECONDS;
const HOURS = 60 * MINUTES;

const answered = (status: number, retryAfter: string | null = null): Outcome => ({
  kind: "answered",
  status,
  retryAfter,
});
const hung: Outcome = { kind: "unanswered", error: "It did not answer." };

function waitAfter(outcome: Outcome, tries = 1, random = 0): number | string {
  const step = planStep(outcome, tries, NOW, random);
  return step.kind === "retry" ? step.at - NOW : step.kind;
}

describe("planStep", () => {
  it("retries as Standard Webhooks recommend, and then gives the message up", () => {
    const waits = Array.from({ length: 10 }, (_, n) => waitAfter(answered(500), n + 1));
    expect(waits).toEqual([
      5 * SECONDS,
      5 * MINUTES,
      30 * MINUTES,
      2 * HOURS,
      5 * HOURS,
      10 * HOURS,
      14 * HOURS,
      20 * HOURS,
      24 * HOURS,
      "failed",
    ]);
  });

  it("adds up to a fifth by chance, and is never early", () => {
    expect(waitAfter(hung, 2, 0.5)).toBe(5.5 * MINUTES);
    expect(waitAfter(hung, 2, 0.999_999)).toBeLessThanOrEqual(6 * MINUTES);
  });

  it.each([200, 201, 204, 299])("%i is delivered", (status) => {
    expect(planStep(answered(status), 1, NOW, 0)).toEqual({ kind: "delivered" });
  });

  it.each([100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503, 599])("%i is not", (status) => {
    expect(waitAfter(answered(status))).toBe(5 * SECONDS);
  });

  it("410 ends it at once", () => {
    expect(waitAfter(answered(410))).toBe("failed");
  });

  it.each([
    [503, "120", 120 * SECONDS],
    [429, "120", 120 * SECONDS],
    [429, "Mon, 23 Nov 2026 12:10:00 GMT", 10 * MINUTES],
    // Never sooner than planned, never later than a day, and only with the statuses that may ask.
    [503, "1", 5 * SECONDS],
    [503, "0", 5 * SECONDS],
    [503, "999999999", 24 * HOURS],
    [503, "Mon, 23 Nov 2099 12:10:00 GMT", 24 * HOURS],
    [503, "Mon, 23 Nov 1999 12:10:00 GMT", 5 * SECONDS],
    [503, "-5", 5 * SECONDS],
    [503, "soon", 5 * SECONDS],
    [503, "", 5 * SECONDS],
    [500, "120", 5 * SECONDS],
  ])("%i with Retry-After %j waits %i ms", (status, retryAfter, wait) => {
    expect(waitAfter(answered(status, retryAfter))).toBe(wait);
  });
});

describe("whySwitchOff", () => {
  it("410 does, however short the trouble", () => {
    expect(whySwitchOff(answered(410), NOW, NOW)).toMatch(/410/);
  });

  it("five days without a success do, and not a moment less", () => {
    expect(GIVE_UP_MS).toBe(5 * 24 * HOURS);
    expect(whySwitchOff(hung, NOW - GIVE_UP_MS, NOW)).toMatch(/5 days/);
    expect(whySwitchOff(hung, NOW - GIVE_UP_MS + 1, NOW)).toBeNull();
  });
});
