import { expect, it } from "vitest";
import { readRange } from "../../router/range.ts";

/** Of ten bytes, `0123456789`. */
it.each([
  ["bytes=2-4", "234"],
  ["bytes=0-0", "0"],
  ["bytes=5-", "56789"],
  ["bytes=-3", "789"],
  ["bytes=-100", "0123456789"],
  ["bytes=0-100", "0123456789"],
  ["bytes=9-9", "9"],
  ["BYTES=2-4", "234"],
  ["bytes= 2-4 ", "234"],
  [`bytes=2-${"9".repeat(80)}`, "23456789"],
])("%s is the part %s", (header, expected) => {
  const range = readRange(header, 10);
  if (range.kind !== "part") throw new Error(range.kind);
  expect("0123456789".slice(range.offset, range.offset + range.length)).toBe(expected);
  expect(range.length).toBe(expected.length);
});

it.each(["bytes=10-", "bytes=10-20", "bytes=-0", `bytes=${"9".repeat(80)}-`])("%s can not be had", (header) => {
  expect(readRange(header, 10)).toEqual({ kind: "unsatisfiable" });
});

it.each([
  null,
  "",
  "bytes",
  "bytes=",
  "bytes=-",
  "bytes=4-2",
  "bytes=a-b",
  "bytes=1.5-2",
  "bytes=-1-2",
  "bytes=+1-2",
  "bytes 2-4",
  "items=0-1",
  "bytes=0-1,4-5",
  "bytes=0-1,",
  "bytes=20-30,0-1",
  `bytes=${"0-1,".repeat(1_000)}2-3`,
  `bytes=2-${"9".repeat(200)}`,
])("%j is answered with the whole", (header) => {
  expect(readRange(header, 10)).toEqual({ kind: "whole" });
});

it.each(["bytes=0-", "bytes=-1", "bytes=5-6"])("%s of an empty file is the empty file", (header) => {
  expect(readRange(header, 0)).toEqual({ kind: "whole" });
});
