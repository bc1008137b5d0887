import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PATH_BYTES, MAX_SEGMENT_BYTES, RelativePath } from "../../schema/relative-path.ts";

function problemOf(path: unknown): string | undefined {
  return RelativePath.safeParse(path).error?.issues[0]?.message;
}

describe("a relative path", () => {
  it.each([
    "index.html",
    "a/b/c.txt",
    "fünke.txt",
    "fu\u0308nke.txt",
    "💡/🎨.svg",
    "%2e%2e/passwd",
    "...",
    "..a/a..",
    ".well-known/x",
    "a b",
    "-rf",
    "CON",
    "a:b",
    "C:",
    "~",
    "*?<>|\"'`$&;#!",
    "a".repeat(MAX_SEGMENT_BYTES),
    `${"a".repeat(127)}/`.repeat(8).slice(0, -1).padEnd(MAX_PATH_BYTES, "a"),
  ])("can be %j, and is kept as it is", (path) => {
    expect(RelativePath.parse(path)).toBe(path);
  });

  it.each([
    ["", /empty/],
    ["/etc/passwd", /leading slash/],
    ["//host/share", /leading slash/],
    [".", /segments/],
    ["..", /segments/],
    ["../a", /segments/],
    ["a/..", /segments/],
    ["a/../b", /segments/],
    ["a/./b", /segments/],
    ["./a", /segments/],
    ["a//b", /segments/],
    ["a/", /segments/],
    ["a\\..\\b", /backslashes/],
    ["C:\\windows", /backslashes/],
    ["a\0b", /control/],
    ["a\nb", /control/],
    ["a\u007fb", /control/],
    ["a\u0085b", /control/],
    ["\u009b2J", /control/],
    ["\ud800", /well-formed/],
    ["a".repeat(MAX_SEGMENT_BYTES + 1), /segments of at most 255 bytes/],
    ["ü".repeat(128), /segments of at most 255 bytes/],
    ["a".repeat(MAX_PATH_BYTES + 1), /at most 1024 bytes/],
    ["ü".repeat(MAX_PATH_BYTES / 2 + 1), /at most 1024 bytes/],
    [7, /expected string/],
    [null, /expected string/],
  ])("can not be %j", (path, message) => {
    expect(problemOf(path)).toMatch(message);
  });

  it("never leads out of a folder that it is joined to, on any system", () => {
    const segments = fc.constantFrom("..", ".", "", "a", "%2e%2e", "\\", "..\\", "C:", "...");
    fc.assert(
      fc.property(fc.array(segments, { maxLength: 8 }), (parts) => {
        const path = parts.join("/");
        if (!RelativePath.safeParse(path).success) return;
        expect(posix.join("/root/folder", path)).toBe(`/root/folder/${path}`);
        expect(win32.join("R:\\folder", path)).toBe(`R:\\folder\\${path.replaceAll("/", "\\")}`);
      }),
    );
  });
});
