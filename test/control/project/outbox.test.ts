/** What may start of what is due, from rows alone. */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../control/project/database.ts";
import { dueEntries, enqueue, nextDueAt, type UnderWay } from "../../../control/project/outbox.ts";
import { createProjectStorage } from "../../support/sqlite-storage.ts";

const NOW = 1_000;
const NOTHING: UnderWay = new Map();

let db: Database;

beforeEach(() => {
  db = drizzle(createProjectStorage(), { casing: "snake_case" });
});

function due(underWay: UnderWay = NOTHING): string[] {
  return dueEntries(db, underWay, NOW).map(({ key }) => key);
}

describe("an entry", () => {
  it("starts when it is due, and not before", () => {
    enqueue(db, "kv", "a", 1, NOW);
    enqueue(db, "index", "b", 1, NOW + 1);
    expect(due()).toEqual(["a"]);
    expect(nextDueAt(db, NOTHING)).toBe(NOW);
  });

  it("does not start again while it is under way, with a newer value neither", () => {
    enqueue(db, "kv", "a", 1, NOW);
    const underWay: UnderWay = new Map([["a", "kv"]]);
    enqueue(db, "kv", "a", 2, NOW);
    expect([due(underWay), nextDueAt(db, underWay)]).toEqual([[], null]);
    expect(dueEntries(db, NOTHING, NOW)).toMatchObject([{ value: "2", version: 2 }]);
  });
});

describe("what hangs", () => {
  const many = Array.from({ length: 30 }, (_, n) => `copy ${n}`);

  it("leaves other kinds their places, however much of it there is", () => {
    for (const [n, key] of many.entries()) enqueue(db, "kv", key, 1, n);
    enqueue(db, "start", "late", 1, NOW);
    const started = due();
    expect(started).toEqual([...many.slice(0, 20), "late"]);
    const underWay: UnderWay = new Map(started.slice(0, 20).map((key) => [key, "kv"]));
    expect(due(underWay)).toEqual(["late"]);
    // What waits for a place does not wake the object again and again.
    expect(nextDueAt(db, underWay)).toBe(NOW);
  });

  it("gives its place to what is due the longest", () => {
    for (const [n, key] of many.entries()) enqueue(db, "kv", key, 1, n);
    const underWay: UnderWay = new Map(many.slice(0, 19).map((key) => [key, "kv"]));
    expect(due(underWay)).toEqual(["copy 19"]);
    expect(nextDueAt(db, underWay)).toBe(19);
  });

  it("is no limit on how many others can be told apart", () => {
    const underWay: UnderWay = new Map(Array.from({ length: 120 }, (_, n) => [`old ${n}`, "webhook"]));
    enqueue(db, "kv", "new", 1, NOW);
    expect(due(underWay)).toEqual(["new"]);
  });
});
