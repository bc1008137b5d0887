import { describe, expect, it } from "vitest";
import { referencesIn } from "../../router/references.ts";

const names = (text: string, path = "index.html", isScript = false) => referencesIn(text, path, isScript).flat();

describe("the files that a text names", () => {
  it.each([
    ['<script src="/assets/app-B1c2D3e4.js">', "assets/app-B1c2D3e4.js"],
    ["<script src='assets/app-B1c2D3e4.js'>", "assets/app-B1c2D3e4.js"],
    ["<script src=/assets/app-B1c2D3e4.js></script>", "assets/app-B1c2D3e4.js"],
    ['<link href="./app-B1c2D3e4.css?v=1">', "app-B1c2D3e4.css"],
    ["body { background: url(/img/bg-B1c2D3e4.png) }", "img/bg-B1c2D3e4.png"],
    ['<img src="/a%20b/logo-B1c2D3e4.svg">', "a b/logo-B1c2D3e4.svg"],
  ])("%s", (text, path) => {
    expect(names(text)).toEqual([path]);
  });

  it.each([
    ['import("./page-B1c2D3e4.js")', ["assets/page-B1c2D3e4.js", "page-B1c2D3e4.js"]],
    ['["assets/page-B1c2D3e4.js"]', ["assets/assets/page-B1c2D3e4.js", "assets/page-B1c2D3e4.js"]],
    ["from`/assets/page-B1c2D3e4.js`", ["assets/page-B1c2D3e4.js"]],
  ])("in a script may stand beside it or at the top: %s", (text, paths) => {
    expect(names(text, "assets/app-A1a1A1a1.js", true)).toEqual(paths);
  });

  it.each([
    '<script src="//cdn.example/app-B1c2D3e4.js">',
    '<script src="https://cdn.example/app-B1c2D3e4.js">',
    "//# sourceMappingURL=app-B1c2D3e4.js.map",
    "/*# sourceMappingURL=style-B1c2D3e4.css.map */",
    '<a href="/about">',
    '<img src="/logo.png">',
    "plain words about /assets/app-B1c2D3e4.js here",
  ])("are not %s", (text) => {
    expect(names(text)).toEqual([]);
  });

  it.each(['"x"+e.elements.css+"y"', 'e.elements.css("color")', '"app-B1c2D3e4.js"', "a=b/c.elements.css;"])(
    "are not what code only looks like: %s",
    (text) => {
      expect(names(text, "app.js", true)).toEqual([]);
    },
  );

  it("are found in a megabyte that means to be slow, within a second", () => {
    const startedAt = performance.now();
    for (const hostile of ['"', "=", "a/", '"a', "%", "-aaaaaaaa", "../"]) {
      names(hostile.repeat(1_000_000 / hostile.length), "a.js", true);
    }
    expect(performance.now() - startedAt).toBeLessThan(7_000);
  });
});
