import { describe, expect, it } from "vitest";
import { pageLinks } from "../../builder/page-links.ts";

/** As `vite build` writes it. */
const VITE = `<!doctype html>
<html lang="en"><head><meta charset="UTF-8" />
<link rel="icon" type="image/svg+xml" href="/favicon.svg" />
<title>A <link rel="preload" href="/title.js" as="script"> title</title>
<script type="module" crossorigin src="/assets/index-D64VDMd1.js"></script>
<link rel="modulepreload" crossorigin href="/assets/vendor-B1c2D3e4.js">
<link rel="stylesheet" crossorigin href="/assets/index-F5g6H7i8.css">
</head><body><div id="root"></div><script type="module" src="/late.js"></script></body></html>`;

describe("the links of a page", () => {
  it("are its module preloads, entry script and style sheet, in their order", () => {
    expect(pageLinks(VITE)).toBe(
      "</assets/index-D64VDMd1.js>; rel=modulepreload; crossorigin, " +
        "</assets/vendor-B1c2D3e4.js>; rel=modulepreload; crossorigin, " +
        "</assets/index-F5g6H7i8.css>; rel=preload; as=style; crossorigin",
    );
  });

  it.each([
    ['<link rel=preload as=font crossorigin href="/a.woff2">', "</a.woff2>; rel=preload; as=font; crossorigin"],
    ["<LINK REL='preconnect' HREF='https://cdn.example/'>", "<https://cdn.example/>; rel=preconnect"],
    ['<link rel="modulepreload" href="/a.js?x=1&amp;y=2">', "</a.js?x=1&y=2>; rel=modulepreload"],
    ['<link href="./b.js" rel="modulepreload"/>', "<./b.js>; rel=modulepreload"],
    [
      '<link rel="preload" as="script" href="/a.js" crossorigin="use-credentials">',
      "</a.js>; rel=preload; as=script; crossorigin=use-credentials",
    ],
    ["<link rel=modulepreload href=/a.js><link rel=modulepreload href=/a.js>", "</a.js>; rel=modulepreload"],
    ['<script>"</script><link rel=modulepreload href=/a.js>', "</a.js>; rel=modulepreload"],
    ["a < b <<link rel=modulepreload href=/a.js>", "</a.js>; rel=modulepreload"],
  ])("of %s are %s", (html, expected) => {
    expect(pageLinks(html)).toBe(expected);
  });

  it.each([
    "",
    "<p>nothing</p>",
    "<link",
    '<link rel="modulepreload',
    '<link rel="icon" href="/favicon.svg">',
    '<link rel="preload" href="/a.js">',
    '<link rel="modulepreload">',
    '<link rel="modulepreload" href="/a.js" media="print">',
    '<link rel="preload" as="image" imagesrcset="a 1x" href="/a.png">',
    '<link rel="modulepreload" integrity="sha384-x" href="/a.js">',
    '<link rel="modulepreload" href="/a>.js">',
    '<link rel="modulepreload" href="/a b.js">',
    '<link rel="modulepreload" href="/ü.js">',
    '<link rel="modulepreload" href="/a.js&#13;&#10;set-cookie: x">',
    '<link rel="modulepreload" href="data:text/javascript,1">',
    '<link rel="preload" href="/a.js" as="script; x=y">',
    "<!-- <link rel=modulepreload href=/a.js> -->",
    "<!-- <link rel=modulepreload href=/a.js>",
    "<noscript><link rel=modulepreload href=/a.js></noscript>",
    "<template><link rel=modulepreload href=/a.js></template>",
    "<body><link rel=modulepreload href=/a.js>",
    '<base href="/app/"><link rel=modulepreload href=a.js>',
    '<script type="text/plain" src="/a.js"></script>',
  ])("of %s are none", (html) => {
    expect(pageLinks(html)).toBeNull();
  });

  it("are bounded in number and length", () => {
    const many = Array.from({ length: 1_000 }, (_, n) => `<link rel=modulepreload href=/${n}.js>`).join("");
    expect(pageLinks(many)?.split(", ")).toHaveLength(20);
    const long = Array.from({ length: 5 }, (_, n) => `<link rel=modulepreload href=/${n}${"x".repeat(900)}.js>`).join(
      "",
    );
    expect(pageLinks(long)?.split(", ")).toHaveLength(2);
  });

  it("take no longer than the page is long, however hostile", () => {
    const startedAt = performance.now();
    for (const part of ["<!--", "<a ", "<script></script>", "<", "<title>", "<a b=", "<a b='", "<link rel=", '<a "']) {
      pageLinks(part.repeat(65_536 / part.length));
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
