import { describe, expect, it } from "vitest";
import { formatAge, formatDuration } from "../../../control/cli/figures.ts";
import { toPrintable } from "../../../control/cli/printable.ts";
import { formatTable } from "../../../control/cli/table.ts";
import { formatBytes, formatCount } from "../../../schema/figures.ts";

describe("figures", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [61_234, "59.8 KiB"],
    [102_400, "100 KiB"],
    [1024 ** 2 - 1, "1 MiB"],
    [25 * 1024 ** 2, "25 MiB"],
    [1024 ** 3, "1 GiB"],
    [5000 * 1024 ** 3, "5000 GiB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [-5, "0.0s"],
    [49, "0.0s"],
    [9_949, "9.9s"],
    [9_950, "10s"],
    [59_499, "59s"],
    [59_500, "1m 00s"],
    [3_725_000, "62m 05s"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [5, "5s ago"],
    [61, "1m ago"],
    [7_200, "2h ago"],
    [200_000, "2d ago"],
    [-30, "0s ago"],
  ])("%d seconds back is %s", (seconds, text) => {
    const now = Date.parse("2026-11-23T12:00:00Z");
    expect(formatAge(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
  });

  it("counts one and many", () => {
    expect([formatCount(1, "file"), formatCount(0, "file"), formatCount(2, "file")]).toEqual([
      "1 file",
      "0 files",
      "2 files",
    ]);
  });
});

describe("a table", () => {
  const rows = [
    [{ text: "ID" }, { text: "STATUS" }, { text: "MESSAGE" }],
    [{ text: "1" }, { text: "live", paint: (text: string) => `<${text}>` }, { text: "a long message" }],
  ];

  it("is as wide as its widest cells, colours not counted", () => {
    expect(formatTable(rows, undefined)).toEqual(["ID  STATUS  MESSAGE", "1   <live>    a long message"]);
  });

  it("cuts the last column to the terminal", () => {
    expect(formatTable(rows, 20)).toEqual(["ID  STATUS  MESSAGE", "1   <live>    a long …"]);
  });
});

describe("printable text", () => {
  it.each([
    ["plain", "plain ünïcode 💡\ttab", "plain ünïcode 💡\ttab"],
    ["colours", "\x1b[31mred\x1b[0m", "red"],
    ["a clipboard or title sequence", "a\x1b]0;title\x07b", "ab"],
    ["overwriting", "safe\revil\b\b", "safe evil "],
    ["C1 controls", "a\u009b2Jb", "ab"],
    ["a null byte and a newline", "a\0b\nc", "a b c"],
  ])("keeps what is said and drops what steers: %s", (_, text, expected) => {
    expect(toPrintable(text)).toBe(expected);
  });
});
