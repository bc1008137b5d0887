import { describe, expect, it } from "vitest";
import { parseHeaders } from "../../../builder/rules/parse-headers.ts";
import { indexHeaderRules } from "../../../schema/rules.ts";
import { readPath } from "../../../schema/url-path.ts";

function changesAt(text: string, path: string, host = "shop.example.com") {
  const { rules, warnings } = parseHeaders(text);
  expect(warnings).toEqual([]);
  return indexHeaderRules(rules)(readPath(path) ?? "", host);
}

describe("a rule of headers", () => {
  it.each<[string, string, readonly (readonly [string, string])[] | null]>([
    ["/a\n  X-A: 1", "/a", [["x-a", "1"]]],
    ["/a\n  X-A: 1", "/b", null],
    ["/*\nX-A: 1", "/", [["x-a", "1"]]],
    ["/*\nX-A: 1", "/b/c", [["x-a", "1"]]],
    ["/a\n X-A: b:c: d ", "/a", [["x-a", "b:c: d"]]],
    [
      "# all\n/*\n  # one\n\n  X-A: 1\n  x-b: 2",
      "/",
      [
        ["x-a", "1"],
        ["x-b", "2"],
      ],
    ],
    [
      "/*\n X-A: 1\n/a\n X-A: 2",
      "/a",
      [
        ["x-a", "1"],
        ["x-a", "2"],
      ],
    ],
    ["/u/:id/*\n X-Id: <:id> :splat :other", "/u/7/x", [["x-id", "<7> x :other"]]],
    ["/u/:id\n X-Id: :id", "/u/%0d%0ax:y", [["x-id", "%0D%0Ax%3Ay"]]],
    ["https://shop.example.com/a\n X-A: 1", "/a", [["x-a", "1"]]],
    ["https://other.example.com/a\n X-A: 1", "/a", null],
    ["https://:sub.example.com/*\n X-A: :sub/:splat", "/a/b", [["x-a", "shop/a/b"]]],
    ["https://Shop.Example.com\n X-A: 1", "/", [["x-a", "1"]]],
    ["https://*.example.com/*\n X-A: 1", "/", null],
  ])("%j at %s: %j", (text, path, expected) => {
    if (text.startsWith("https://*")) {
      expect(parseHeaders(text).warnings).toHaveLength(1);
      return;
    }
    expect(changesAt(text, path)?.set ?? null).toEqual(expected);
  });

  it("takes headers away", () => {
    expect(changesAt("/*\n ! X-Frame-Options\n ! Referrer-Policy", "/")).toEqual({
      set: [],
      unset: ["x-frame-options", "referrer-policy"],
    });
  });

  it.each([
    ["X-A: 1", 1, "needs a line with a path"],
    ["/a", 1, "has no headers below it"],
    ["/a\n nonsense", 2, "a name, a colon and a value"],
    ["/a\n : 1", 2, "a header's name"],
    ["/a\n X A: 1", 2, "a header's name"],
    ["/a\n X-A:", 2, "printable ASCII"],
    ["/a\n X-A: ü", 2, "printable ASCII"],
    ["/a\n Content-Length: 1", 2, "the edge alone sets it"],
    ["/a\n Set-Cookie: a=b", 2, "the edge alone sets it"],
    ["/a\n ! ETag", 2, "the edge alone sets it"],
    ["/a\n ! Vary", 2, "can not be taken away"],
    ["http://example.com/a\n X-A: 1", 1, "begins with / or with https://"],
    ["https://example.com:8080/a\n X-A: 1", 1, "without a port"],
    ["/a/*/*\n X-A: 1", 1, "can occur once"],
    [`/a\n X-A: ${"x".repeat(2_000)}`, 2, "longer than 2000"],
  ])("%j is refused in line %i: %s", (text, line, reason) => {
    const { warnings } = parseHeaders(text);
    expect(warnings).toContainEqual({ line, text: expect.stringContaining(reason) });
  });

  it("that is refused takes its headers with it, and no other rule's", () => {
    const { rules, warnings } = parseHeaders("/a\n X-A: 1\n/%ff\n X-B: 1\n/c\n X-C: 1");
    expect(rules.map(({ path }) => path)).toEqual([["a"], ["c"]]);
    expect(warnings.map(({ line }) => line)).toEqual([3]);
  });

  it("is one of at most 100", () => {
    const text = Array.from({ length: 102 }, (_, n) => `/${n}\n X-A: 1`).join("\n");
    const { rules, warnings } = parseHeaders(text);
    expect(rules).toHaveLength(100);
    expect(warnings).toEqual([{ line: 201, text: expect.stringContaining("at most 100") }]);
  });
});
