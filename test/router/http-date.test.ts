import { expect, it } from "vitest";
import { formatHttpDate, parseHttpDate } from "../../router/http-date.ts";

const NOW = Date.UTC(2026, 10, 23);

it.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
  ["Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59.000Z"],
  ["Saturday, 01-Jan-50 00:00:00 GMT", "2050-01-01T00:00:00.000Z"],
  ["Saturday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(parseHttpDate(text, NOW) ?? Number.NaN).toISOString()).toBe(expected);
});

it.each([
  "",
  "0",
  "2026",
  "2026-11-23T00:00:00Z",
  "Sun, 6 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 08:49:37 UTC",
  "sun, 06 nov 1994 08:49:37 gmt",
  "Thu, 30 Feb 2023 00:00:00 GMT",
  "Sun, 06 Nov 1994 08:49:37 GMT,",
])("%j is no date", (text) => {
  expect(parseHttpDate(text, NOW)).toBeNull();
});

it("is written in the form that is read", () => {
  const time = Date.UTC(1994, 10, 6, 8, 49, 37);
  expect(formatHttpDate(time)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  expect(parseHttpDate(formatHttpDate(time), NOW)).toBe(time);
});
