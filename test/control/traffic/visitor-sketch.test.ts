import { describe, expect, it } from "vitest";
import { addVisitor, countVisitors, createSketch } from "../../../control/traffic/visitor-sketch.ts";
import { murmur3 } from "../../../router/murmur3.ts";

function sketchOf(visitors: number) {
  const sketch = createSketch();
  for (let n = 0; n < visitors; n++) addVisitor(sketch, murmur3(`visitor ${n}`));
  return sketch;
}

describe("the sketch of visitors", () => {
  it("knows that there was nobody", () => {
    expect(countVisitors(createSketch())).toBe(0);
  });

  it.each([1, 10, 100, 1_000])("counts %i visitors within two", (visitors) => {
    expect(Math.abs(countVisitors(sketchOf(visitors)) - visitors)).toBeLessThanOrEqual(Math.max(2, visitors * 0.01));
  });

  // Four standard deviations.
  it.each([10_000, 40_000, 100_000, 1_000_000])("counts %i visitors within 3.3 %%", (visitors) => {
    expect(Math.abs(countVisitors(sketchOf(visitors)) / visitors - 1)).toBeLessThan(0.033);
  });

  it("does not change when a visitor comes again", () => {
    const sketch = sketchOf(500);
    const before = sketch.slice();
    for (let n = 0; n < 500; n++) expect(addVisitor(sketch, murmur3(`visitor ${n}`))).toBe(false);
    expect(sketch).toEqual(before);
  });

  it.each([0, 1, 0xffff_ffff, 0x8000_0000, 0x0003_ffff])("takes the hash %i", (hash) => {
    const sketch = createSketch();
    expect(addVisitor(sketch, hash)).toBe(true);
    expect(countVisitors(sketch)).toBe(1);
  });
});
