import { expect, it } from "vitest";
import { createLineSplitter } from "../../builder/lines.ts";

function linesOf(chunks: readonly (string | Buffer)[], maxChars = 100): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter(maxChars, (line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  return lines;
}

it("joins chunks and splits at every kind of line end", () => {
  expect(linesOf(["a", "b\nc\r\nd", "\re"])).toEqual(["ab", "c", "d", "e"]);
});

it("keeps characters whole that come in two chunks", () => {
  const euro = Buffer.from("€\n");
  expect(linesOf([euro.subarray(0, 1), euro.subarray(1)])).toEqual(["€"]);
});

it("drops the rest of a line that is too long, whatever its length", () => {
  expect(linesOf(["x".repeat(300), "y".repeat(300), "\nz"], 5)).toEqual(["xxxxx", "z"]);
});

it("takes out what would steer a terminal", () => {
  expect(linesOf(["\u001b[36mblue\u001b[39m \u001b]0;title\u0007\u0000end\tof line\n"])).toEqual(["blue end\tof line"]);
});

it.each(["061c", "200b", "200f", "2028", "2029", "202e", "2060", "2066", "2069", "feff"])(
  "takes out U+%s, which would make a line look like another one",
  (code) => {
    expect(linesOf([`a${String.fromCodePoint(Number.parseInt(code, 16))}b\n`])).toEqual(["ab"]);
  },
);

it("leaves out empty lines", () => {
  expect(linesOf(["\n\n\u001b[0m\na\n\n"])).toEqual(["a"]);
});
