import { describe, expect, it } from "vitest";
import { createFailedAttempts } from "../../../control/api/failed-attempts.ts";
import { createRateLimits, type RateLimits } from "../../../control/rate-limits.ts";

const limits = (admits: boolean): RateLimits => ({
  admitRequest: async () => true,
  admitFailure: async () => admits,
});

describe("failed attempts", () => {
  it("block a network for the limiter's period, and no other", async () => {
    const attempts = createFailedAttempts();
    expect(await attempts.count(limits(true), "here", 0)).toBe(false);
    expect(attempts.isBlocked("here", 1)).toBe(false);
    expect(await attempts.count(limits(false), "here", 0)).toBe(true);
    expect([9_999, 10_000].map((now) => attempts.isBlocked("here", now))).toEqual([true, false]);
    expect(attempts.isBlocked("there", 1)).toBe(false);
  });

  it("of many networks are bounded", async () => {
    const attempts = createFailedAttempts();
    for (let network = 0; network < 3_000; network++) await attempts.count(limits(false), String(network), 0);
    expect([0, 999, 1_000, 2_999].map((network) => attempts.isBlocked(String(network), 1))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

describe("a limiter", () => {
  it("that fails lets through", async () => {
    const broken = { limit: () => Promise.reject(new Error("away")) };
    const full = { limit: async () => ({ success: false }) };
    const { admitRequest, admitFailure } = createRateLimits(broken, full);
    expect([await admitRequest("a"), await admitFailure("b")]).toEqual([true, false]);
  });
});
