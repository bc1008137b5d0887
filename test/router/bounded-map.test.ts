import { describe, expect, it } from "vitest";
import { createBoundedMap } from "../../router/bounded-map.ts";

describe("a bounded map", () => {
  it("drops what was used least recently", () => {
    const map = createBoundedMap<number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.get("a");
    map.set("c", 3);
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([1, undefined, 3]);
  });

  it("counts costs, and forgets those of what it drops or replaces", () => {
    const map = createBoundedMap<string>(10);
    map.set("a", "first", 6);
    map.set("a", "second", 4);
    map.set("b", "b", 6);
    expect([map.get("a"), map.get("b")]).toEqual(["second", "b"]);
    map.delete("a");
    map.set("c", "c", 4);
    expect([map.get("b"), map.get("c")]).toEqual(["b", "c"]);
    map.set("d", "d", 5);
    expect([map.get("b"), map.get("c"), map.get("d")]).toEqual([undefined, "c", "d"]);
  });

  it("keeps the newest entry even when it alone is over the budget, and drops it for the next", () => {
    const map = createBoundedMap<string>(10);
    map.set("small", "small", 1);
    map.set("huge", "huge", 100);
    expect([map.get("small"), map.get("huge")]).toEqual([undefined, "huge"]);
    map.set("next", "next", 1);
    expect([map.get("huge"), map.get("next")]).toEqual([undefined, "next"]);
  });
});
