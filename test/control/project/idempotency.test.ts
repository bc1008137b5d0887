import { drizzle } from "drizzle-orm/durable-sqlite";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Database } from "../../../control/project/database.ts";
import { forgetAnswers, once } from "../../../control/project/idempotency.ts";
import { err, ok } from "../../../schema/result.ts";
import { digest } from "../../support/samples.ts";
import { createProjectStorage } from "../../support/sqlite-storage.ts";

const DAY = 24 * 60 * 60_000;
const START = Date.UTC(2026, 10, 23, 12);
const AT = new Date(START).toISOString();
const request = (key: string, asks = "this") => ({ key: `token:${key}`, requestHash: digest(asks) });

let db: Database;

beforeEach(() => {
  db = drizzle(createProjectStorage(), { casing: "snake_case" });
});

describe("a request with a key", () => {
  it("is done once, and answered alike each time", () => {
    const change = vi.fn(() => ok({ n: change.mock.calls.length }));
    const answers = [1, 2, 3].map(() => once(db, request("a"), AT, change));
    expect(answers).toEqual([ok({ n: 1 }), ok({ n: 1 }), ok({ n: 1 })]);
    expect(once(db, request("b"), AT, change)).toEqual(ok({ n: 2 }));
  });

  it("is a conflict when it asks for something else", () => {
    once(db, request("a"), AT, () => ok(1));
    const other = vi.fn(() => ok(2));
    expect(once(db, request("a", "that"), AT, other)).toMatchObject({ failure: { code: "idempotency_conflict" } });
    expect(other).not.toHaveBeenCalled();
  });

  it("is tried anew after a refusal", () => {
    const refusal = err({ code: "rev_conflict", detail: "Look again." } as const);
    expect(once(db, request("a"), AT, () => refusal)).toEqual(refusal);
    expect(once(db, request("a"), AT, () => ok(1))).toEqual(ok(1));
  });
});

it("an answer is kept for 30 days, and forgotten with some others at a time", () => {
  for (const key of ["a", "b", "c"]) once(db, request(key), AT, () => ok(1));
  expect(forgetAnswers(db, START + 30 * DAY, 2)).toBe(0);
  once(db, request("young"), new Date(START + DAY).toISOString(), () => ok(1));
  const later = START + 30 * DAY + 1;
  expect([1, 2, 3].map(() => forgetAnswers(db, later, 2))).toEqual([2, 1, 0]);
  expect(once(db, request("a", "that"), AT, () => ok(2))).toEqual(ok(2));
  expect(once(db, request("young"), AT, () => ok(2))).toEqual(ok(1));
});
