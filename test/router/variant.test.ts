import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { murmur3 } from "../../router/murmur3.ts";
import { bucketOf, chooseVariant } from "../../router/variant.ts";

const visitor = fc.stringMatching(/^[0-9a-f]{32}$/);
const salt = fc.string({ minLength: 1, maxLength: 64 });
const weight = fc.integer({ min: 0, max: 10_000 });

/** A cheap stand-in for 128 random bits: ids that differ in few characters are the hard case for a weak hash. */
function visitorId(n: number): string {
  return n.toString(16).padStart(32, "0");
}

describe("murmur3", () => {
  it.each([
    ["", 0],
    ["a", 0x3c2569b2],
    ["test", 0xba6bd213],
    ["Hello, world!", 0xc0363e43],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
    ["fünke", 0x60254291],
    ["日本:👍", 0xd16afc95],
  ])("hashes %j as the reference implementation does", (text, expected) => {
    expect(murmur3(text)).toBe(expected);
  });

  it("agrees with the vectors that Unleash publishes", () => {
    expect((murmur3("gr1:123") % 100) + 1).toBe(73);
    expect((murmur3("groupX:999") % 100) + 1).toBe(25);
  });
});

describe("chooseVariant", () => {
  it("is stable: the same visitor of the same rollout is always on the same side", () => {
    fc.assert(
      fc.property(visitor, salt, weight, (id, salt, weightBps) => {
        expect(chooseVariant({ salt, weightBps }, id)).toBe(chooseVariant({ salt, weightBps }, id));
      }),
    );
  });

  it("is monotone: raising the weight never takes a visitor out of the canary", () => {
    fc.assert(
      fc.property(visitor, salt, weight, weight, (id, salt, a, b) => {
        const [lower, higher] = a < b ? [a, b] : [b, a];
        const before = chooseVariant({ salt, weightBps: lower }, id);
        if (before === "canary") expect(chooseVariant({ salt, weightBps: higher }, id)).toBe("canary");
      }),
    );
  });

  it.each([
    [0, "live"],
    [10_000, "canary"],
  ])("puts everybody on one side at weight %i", (weightBps, expected) => {
    fc.assert(fc.property(visitor, salt, (id, salt) => chooseVariant({ salt, weightBps }, id) === expected));
  });

  it("spreads visitors evenly over the buckets", () => {
    const bins = 100;
    const draws = 200_000;
    const counts = new Array<number>(bins).fill(0);
    for (let n = 0; n < draws; n++) {
      const bin = Math.floor((bucketOf("rol_1", visitorId(n)) / 10_000) * bins);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const expected = draws / bins;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: an even spread exceeds 149 once in 1 000 times.
    expect(chiSquare).toBeLessThan(149);
  });

  it.each([
    ["rol_0042", "rol_0043"],
    ["v1", "v2"],
    ["a1", "b1"],
  ])("draws anew for each rollout: the canaries of %s and %s overlap by chance only", (first, second) => {
    const weightBps = 500;
    let inFirst = 0;
    let inBoth = 0;
    for (let n = 0; n < 300_000; n++) {
      if (chooseVariant({ salt: first, weightBps }, visitorId(n)) === "live") continue;
      inFirst++;
      if (chooseVariant({ salt: second, weightBps }, visitorId(n)) === "canary") inBoth++;
    }
    // The standard deviation at 15 000 visitors is 0.18 %.
    expect(inBoth / inFirst).toBeGreaterThan(0.045);
    expect(inBoth / inFirst).toBeLessThan(0.055);
  });
});
