import { describe, expect, it } from "vitest";
import { evaluateConditions, ifRangeHolds } from "../../router/conditional.ts";

const ETAG = '"0a1b"';
const NOW = Date.UTC(2026, 10, 23);
const AT = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER = "Sun, 06 Nov 1994 08:49:38 GMT";
const validators = { etag: ETAG, lastModified: Date.UTC(1994, 10, 6, 8, 49, 37) };

type Conditions = Readonly<Record<string, string>>;
const outcomeOf = (headers: Conditions, dated = true) =>
  evaluateConditions(new Headers(headers), dated ? validators : { ...validators, lastModified: null }, NOW);

describe("If-None-Match", () => {
  it.each([
    ['"0a1b"', "not_modified"],
    ['W/"0a1b"', "not_modified"],
    ['"ffff", "0a1b"', "not_modified"],
    ['"ffff",W/"0a1b"', "not_modified"],
    ["*", "not_modified"],
    [" * ", "not_modified"],
    ['"ffff"', "proceed"],
    ["0a1b", "proceed"],
    ['"0a1b', "proceed"],
    ['"*"', "proceed"],
    ['"ffff", *', "proceed"],
    ["", "proceed"],
    [`${'"x",'.repeat(1_000)}"0a1b"`, "not_modified"],
  ])("%j: %s", (value, expected) => {
    expect(outcomeOf({ "if-none-match": value })).toBe(expected);
  });
});

describe("If-Match", () => {
  it.each([
    ['"0a1b"', "proceed"],
    ['"ffff", "0a1b"', "proceed"],
    ["*", "proceed"],
    ['W/"0a1b"', "failed"],
    ['"ffff"', "failed"],
    ["", "failed"],
  ])("%j: %s", (value, expected) => {
    expect(outcomeOf({ "if-match": value })).toBe(expected);
  });
});

describe("dates", () => {
  it.each<[Conditions, string]>([
    [{ "if-modified-since": AT }, "not_modified"],
    [{ "if-modified-since": AFTER }, "not_modified"],
    [{ "if-modified-since": BEFORE }, "proceed"],
    [{ "if-modified-since": "Sunday, 06-Nov-94 08:49:37 GMT" }, "not_modified"],
    [{ "if-modified-since": "Sun Nov  6 08:49:37 1994" }, "not_modified"],
    [{ "if-modified-since": "1994-11-07" }, "proceed"],
    [{ "if-modified-since": "Sun, 31 Feb 2090 08:49:37 GMT" }, "proceed"],
    [{ "if-unmodified-since": AT }, "proceed"],
    [{ "if-unmodified-since": AFTER }, "proceed"],
    [{ "if-unmodified-since": BEFORE }, "failed"],
    [{ "if-unmodified-since": "yesterday" }, "proceed"],
  ])("%j: %s", (headers, expected) => {
    expect(outcomeOf(headers)).toBe(expected);
  });

  it("say nothing about what has none", () => {
    expect(outcomeOf({ "if-modified-since": AFTER }, false)).toBe("proceed");
    expect(outcomeOf({ "if-unmodified-since": BEFORE }, false)).toBe("proceed");
  });
});

describe("several conditions", () => {
  it.each<[Conditions, string]>([
    [{ "if-none-match": '"ffff"', "if-modified-since": AFTER }, "proceed"],
    [{ "if-none-match": ETAG, "if-modified-since": BEFORE }, "not_modified"],
    [{ "if-match": ETAG, "if-unmodified-since": BEFORE }, "proceed"],
    [{ "if-match": '"ffff"', "if-none-match": ETAG }, "failed"],
    [{ "if-match": ETAG, "if-none-match": ETAG }, "not_modified"],
    [{ "if-match": "*", "if-none-match": "*" }, "not_modified"],
    [{ "if-unmodified-since": BEFORE, "if-none-match": ETAG }, "failed"],
    [{ "if-unmodified-since": AFTER, "if-modified-since": AFTER }, "not_modified"],
    [{}, "proceed"],
  ])("%j: %s", (headers, expected) => {
    expect(outcomeOf(headers)).toBe(expected);
  });
});

describe("If-Range", () => {
  it.each([
    [null, true],
    [ETAG, true],
    [` ${ETAG} `, true],
    [`W/${ETAG}`, false],
    ['"ffff"', false],
    [AT, true],
    [AFTER, false],
    [BEFORE, false],
    ["nonsense", false],
  ])("%j lets a range through: %s", (value, expected) => {
    expect(ifRangeHolds(new Headers(value === null ? {} : { "if-range": value }), validators, NOW)).toBe(expected);
  });

  it("with a date never does for what has none", () => {
    expect(ifRangeHolds(new Headers({ "if-range": AT }), { ...validators, lastModified: null }, NOW)).toBe(false);
  });
});
