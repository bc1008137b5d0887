import { expect, it } from "vitest";
import { contentTypeOf } from "../../builder/content-type.ts";

it.each([
  ["index.html", "text/html; charset=utf-8"],
  ["assets/app.js", "text/javascript; charset=utf-8"],
  ["assets/app.mjs", "text/javascript; charset=utf-8"],
  ["assets/app.css", "text/css; charset=utf-8"],
  ["assets/app.js.map", "application/json; charset=utf-8"],
  ["data.json", "application/json; charset=utf-8"],
  ["logo.svg", "image/svg+xml; charset=utf-8"],
  ["sitemap.xml", "application/xml; charset=utf-8"],
  ["manifest.webmanifest", "application/manifest+json; charset=utf-8"],
  ["robots.txt", "text/plain; charset=utf-8"],
  ["hero.PNG", "image/png"],
  ["font.woff2", "font/woff2"],
  ["engine.wasm", "application/wasm"],
  [".well-known/apple-app-site-association", "application/json; charset=utf-8"],
  ["constructor", "application/octet-stream"],
  ["CNAME", "application/octet-stream"],
])("%s is %s", (path, type) => {
  expect(contentTypeOf(path)).toBe(type);
});
