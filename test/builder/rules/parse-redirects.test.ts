import { describe, expect, it } from "vitest";
import { parseRedirects } from "../../../builder/rules/parse-redirects.ts";
import { indexRedirects } from "../../../schema/rules.ts";
import { readPath } from "../../../schema/url-path.ts";

/** What a browser that asks for `path` is told by this file. */
function ask(text: string, path: string): string {
  const { rules, warnings } = parseRedirects(text);
  expect(warnings).toEqual([]);
  const found = indexRedirects(rules.map(({ rule }) => rule))(readPath(path) ?? "");
  return found ? `${found.rule.status} ${found.target}` : "-";
}

describe("a redirect", () => {
  it.each([
    ["/old /new", "/old", "302 /new"],
    ["/old /new 301", "/old", "301 /new"],
    ["/old /new 308", "/old/", "-"],
    ["/old /new", "/older", "-"],
    ["  /old   /new\t307 # moved", "/old", "307 /new"],
    ["# /old /new\n\n/old /newer", "/old", "302 /newer"],
    ["/old /new\r\n/other /there\r\n", "/other", "302 /there"],
    ["/old /new?x=1#there", "/old", "302 /new?x=1#there"],
    ["/old https://example.com/x", "/old", "302 https://example.com/x"],
    ["/old https://example.com", "/old", "302 https://example.com/"],
    ["/blog/* /news/:splat", "/blog/2024/a", "302 /news/2024/a"],
    ["/blog/* /news/:splat", "/blog/", "302 /news/"],
    ["/blog/* /news/:splat", "/blog", "-"],
    ["/a/*/z /:splat", "/a/b/c/z", "302 /b/c"],
    ["/u/:id /users/:id/profile", "/u/7", "302 /users/7/profile"],
    ["/u/:id /users/:id", "/u/7/8", "-"],
    ["/:year/:month/* /archive?y=:year&m=:month&p=:splat", "/2024/05/x/y", "302 /archive?y=2024&m=05&p=x/y"],
    ["/img-:name.png /:name.webp", "/img-cat.png", "302 /cat.webp"],
    ["/u/:id https://example.com:8080/:id?a=:b", "/u/7", "302 https://example.com:8080/7?a=:b"],
    ["/app/* /app/index.html 200", "/app/x/y", "200 /app/index.html"],
    ["/über /ü", "/%C3%BCber", "302 /%C3%BC"],
    ["/%C3%BCber /ü", "/über", "302 /%C3%BC"],
    ["/u/:id /x/:id", "/u/a%20b%3Fc%0d%0aset-cookie:%20x", "302 /x/a%20b%3Fc%0D%0Aset-cookie%3A%20x"],
    ["/r* /:splat", "/r/evil.com", "302 /evil.com"],
    ["//old /new", "/old", "302 /new"],
    ["/a /b/../c", "/a", "302 /c"],
    ["/a.b(c)+ /x", "/a.b(c)+", "302 /x"],
  ])("%j sends %s to %s", (text, path, expected) => {
    expect(ask(text, path)).toBe(expected);
  });

  it("without gaps comes before one with gaps, otherwise the first one counts", () => {
    expect(ask("/* /all/:splat\n/one /1", "/one")).toBe("302 /1");
    expect(ask("/a/* /first\n/a/b* /second", "/a/b")).toBe("302 /first");
  });

  it.each([
    ["/old", "a redirect is a source, a target"],
    ["/old /new 302 x", "a redirect is a source, a target"],
    ["/old /new 404", "the status must be one of 200, 301"],
    ["/old /new 301!", "the status must be one of"],
    ["https://example.com/a /new", "must be a path that begins with /"],
    ["old /new", "must be a path that begins with /"],
    ["/old new", "the target must begin with /"],
    ["/old //evil.com/", "the target must begin with /"],
    ["/old /\\evil.com/", "would lead to another host"],
    ["/old /.//evil.com/", "would lead to another host"],
    ["/old javascript:alert(1)", "the target must begin with /"],
    ["/old https://example.com/ 200", "must be a path of this app"],
    ["/u/:h https://:h.example.com/", "the host of a target must be written out"],
    ["/* /index.html 200", "would answer every request"],
    ["/a?x=1 /b", "no query"],
    ["/a/*/* /b", "each placeholder, and *, can occur once"],
    ["/a/:x/:x /b", "each placeholder, and *, can occur once"],
    ["/a/:x-:y /b", 'between two "/"'],
    ["/a/:splat /b", "no placeholder can be called that"],
    ["/a%2Fb /b", "an escape that no path can have"],
    ["/%ff /b", "an escape that no path can have"],
    [`/${"a".repeat(2_000)} /b`, "longer than 2000"],
  ])("%j is left out: %s", (text, reason) => {
    const { rules, warnings } = parseRedirects(`# first\n${text}\n/kept /here`);
    expect(rules.map(({ line }) => line)).toEqual([3]);
    expect(warnings).toEqual([{ line: 2, text: expect.stringContaining(reason) }]);
  });

  it("that repeats a source is left out", () => {
    const { rules, warnings } = parseRedirects("/a /b\n/%61 /c\n/a/* /d\n/a/* /e");
    expect(rules.map(({ line }) => line)).toEqual([1, 3]);
    expect(warnings.map(({ line, text }) => [line, text.slice(0, 6)])).toEqual([
      [2, "line 1"],
      [4, "line 3"],
    ]);
  });

  it("is one of at most 2 000 without gaps and 100 with gaps", () => {
    const lines = Array.from({ length: 2_001 }, (_, n) => `/${n} /x`);
    const gaps = Array.from({ length: 101 }, (_, n) => `/${n}/* /x`);
    const { rules, warnings } = parseRedirects([...lines, ...gaps].join("\n"));
    expect(rules).toHaveLength(2_100);
    expect(warnings.map(({ line }) => line)).toEqual([2_001, 2_102]);
  });
});

it("matching takes no longer than the path is long, however hostile the rule", () => {
  const rules = ["/:a/:b/:c/*/x/:d/y", "/*a", "/:a*b /x", "/a/*/aaaaaaaaaaaab"].map((from) => `${from} /x`).join("\n");
  const find = indexRedirects(parseRedirects(rules).rules.map(({ rule }) => rule));
  const startedAt = performance.now();
  for (const part of ["a", "a/", "/x", "aaaaaaaaaaaa/"]) find(part.repeat(8_000));
  expect(performance.now() - startedAt).toBeLessThan(500);
});
