import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPatternSearch } from "../../builder/pattern-search.ts";

/** Each occurrence as `<pattern's index>@<where>`. */
function findAll(patterns: readonly string[], text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const search = createPatternSearch(patterns.map((pattern) => Buffer.from(pattern)));
  search.find(Buffer.from(text), (pattern, start) => found.add(`${pattern}@${start}`));
  return found;
}

/** The same, letter by letter. */
function findPlainly(patterns: readonly string[], text: string): ReadonlySet<string> {
  const found = [...text].flatMap((_, start) =>
    patterns.flatMap((pattern, index) => (text.startsWith(pattern, start) ? [`${index}@${start}`] : [])),
  );
  return new Set(found);
}

describe("the search for many patterns", () => {
  it("finds every occurrence, also those that overlap, at both ends and of one in another", () => {
    const patterns = ["abcabc", "bcab", "abcabcabc"];
    expect(findAll(patterns, "abcabcabcab")).toEqual(findPlainly(patterns, "abcabcabcab"));
  });

  it("without patterns finds nothing", () => {
    expect(createPatternSearch([]).longest).toBe(0);
    expect(findAll([], "text").size).toBe(0);
  });

  it("finds what a plain search finds", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", "A"), minLength: 3, maxLength: 9 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "A"), maxLength: 200 });
    fc.assert(
      fc.property(fc.uniqueArray(letters, { minLength: 1, maxLength: 12 }), text, (patterns, where) => {
        expect(findAll(patterns, where)).toEqual(findPlainly(patterns, where));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("finds patterns longer than a window of the search", () => {
    const long = "x".repeat(300) + "y".repeat(300);
    expect(findAll([long, "yyyyx"], `zz${long}x`)).toEqual(new Set(["0@2", "1@598"]));
  });
});
