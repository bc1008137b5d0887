import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChangeLimit } from "../../../control/project/change-limit.ts";
import { fullBucket, takeToken } from "../../../control/project/token-bucket.ts";

const SIZE = { capacity: 3, perSecond: 2 };

describe("takeToken", () => {
  it("gives what is there, then says when the next one is", () => {
    let bucket = fullBucket(SIZE, 0);
    const waits = [0, 0, 0, 0, 250, 499, 500, 500].map((now) => {
      const taken = takeToken(bucket, SIZE, now);
      bucket = taken.bucket;
      return taken.waitMs;
    });
    expect(waits).toEqual([0, 0, 0, 500, 250, 1, 0, 500]);
  });

  it("never holds more than its capacity, and a clock that goes back changes nothing", () => {
    const { bucket } = takeToken(fullBucket(SIZE, 0), SIZE, 3_600_000);
    expect(bucket.tokens).toBe(2);
    expect(takeToken(bucket, SIZE, 0)).toEqual({ bucket: { tokens: 1, filledAt: 0 }, waitMs: 0 });
  });

  it("lets no more through than the capacity and the rate, whatever the times; and who waits as told is let through", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 60 }), (pauses) => {
        let now = 0;
        let bucket = fullBucket(SIZE, 0);
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          const taken = takeToken(bucket, SIZE, now);
          bucket = taken.bucket;
          if (taken.waitMs === 0) passed += 1;
          else expect(takeToken(bucket, SIZE, now + taken.waitMs).waitMs).toBe(0);
        }
        expect(passed).toBeLessThanOrEqual(SIZE.capacity + (now / 1_000) * SIZE.perSecond);
      }),
    );
  });
});

describe("the change limit", () => {
  it("is each token's own, and bounded", () => {
    const limit = createChangeLimit({ capacity: 1, perSecond: 1 });
    expect([limit("a", 0), limit("a", 0), limit("b", 0)]).toEqual([0, 1_000, 0]);
    for (let token = 0; token < 1_000; token++) limit(String(token), 0);
    expect([limit("999", 0), limit("a", 0)]).toEqual([1_000, 0]);
  });
});
