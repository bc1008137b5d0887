import { describe, expect, it } from "vitest";
import { parseRedirects } from "../../../builder/rules/parse-redirects.ts";
import { refuseLoops } from "../../../builder/rules/refuse-loops.ts";
import type { HtmlHandling } from "../../../schema/html-handling.ts";

const FILES = new Set(["index.html", "about.html", "docs/index.html"]);

function refused(text: string, html: HtmlHandling = "auto-trailing-slash"): number[] {
  const { rules } = parseRedirects(text);
  return refuseLoops(rules, { html, hasFile: (path) => FILES.has(path) }).warnings.map(({ line }) => line);
}

describe("a redirect that leads in a circle", () => {
  it.each([
    ["/a /a", [1]],
    ["/a /a?x=1", [1]],
    ["/a /b\n/b /a", [1]],
    ["/a /b\n/b /c\n/c /a\n/d /a", [1]],
    ["/* /:splat", [1]],
    ["/* /new/:splat", [1]],
    ["/blog/* /blog/:splat", [1]],
    ["/a/* /b/:splat\n/b/* /a/:splat", [1]],
    ["/about /about.html", [1]],
    ["/docs/ /docs/index.html", [1]],
    ["/docs/ /docs/index", [1]],
    ["/ /index.html", [1]],
  ])("%j is found in lines %j", (text, lines) => {
    expect(refused(text)).toEqual(lines);
  });

  it.each([
    "/a /b",
    "/a /b\n/b /c",
    "/old/* /:splat",
    "/a https://example.com/a",
    "/a /a 200",
    "/app/* /app/index.html 200",
    "/x/* /y/:splat\n/y/* /z 200",
    "/missing /missing.html",
    "/:x/old/* /:x/:splat",
  ])("is not %j", (text) => {
    expect(refused(text)).toEqual([]);
  });

  it("depends on how pages' addresses are written", () => {
    expect(refused("/about /about.html", "none")).toEqual([]);
    expect(refused("/about/ /about.html", "force-trailing-slash")).toEqual([1]);
    expect(refused("/about/ /about.html", "auto-trailing-slash")).toEqual([]);
  });
});
