import { describe, expect, it } from "vitest";
import { parseExpiry } from "../../../control/cli/expiry.ts";

const NOW = Date.parse("2026-11-23T12:00:00.000Z");

describe("when a token ends", () => {
  it.each([
    ["12h", "2026-11-24T00:00:00.000Z"],
    ["90d", "2027-02-21T12:00:00.000Z"],
    ["8w", "2027-01-18T12:00:00.000Z"],
    ["2027-03-31", "2027-03-31T00:00:00.000Z"],
    ["2027-03-31T08:30:00Z", "2027-03-31T08:30:00.000Z"],
    ["2027-03-31T08:30+02:00", "2027-03-31T06:30:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(parseExpiry(text, NOW)).toBe(expected);
  });

  it.each(["soon", "90", "0d", "-3d", "1.5d", "31/03/2027", "2027-13-01", "March 2027", "2027-03-31T08:30"])(
    "%s is refused, with what it may be",
    (text) => {
      expect(() => parseExpiry(text, NOW)).toThrow("--expires takes a span like 12h, 90d or 8w");
    },
  );

  it("is not in the past", () => {
    expect(() => parseExpiry("2026-11-23", NOW)).toThrow("has passed already");
  });
});
