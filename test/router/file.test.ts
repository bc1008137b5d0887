import { describe, expect, it } from "vitest";
import { resolveFile } from "../../router/file.ts";
import { indexManifest, type ManifestIndex } from "../../router/manifest-index.ts";
import { isNavigation } from "../../router/navigation.ts";
import { bundleOf } from "../support/routes.ts";

async function indexOf(...paths: string[]) {
  const { manifest } = await bundleOf(Object.fromEntries(paths.map((path) => [path, path])));
  return indexManifest(manifest);
}

describe("resolveFile", () => {
  it.each([
    ["", "index.html"],
    ["fünke.txt", "fünke.txt"],
    ["with space.txt", "with space.txt"],
    ["100%.txt", "100%.txt"],
    ["a#b.txt", "a#b.txt"],
    ["a?b.txt", "a?b.txt"],
    ["empty", "empty"],
    ["about", "about.html"],
    ["docs/", "docs/index.html"],
    ["docs/guide", "docs/guide.html"],
    ["constructor", "constructor"],
  ])("finds %j as %j", async (path, file) => {
    const index = await indexOf(
      ...["index.html", "fünke.txt", "with space.txt", "100%.txt", "a#b.txt", "a?b.txt", "empty", "about.html"],
      ...["docs/index.html", "docs/guide.html", "constructor"],
    );
    expect(resolveFile(index, path, true)).toMatchObject({ kind: "file", file: { path: file } });
  });

  it("prefers the exact file to a page of that name", async () => {
    const index = await indexOf("about", "about.html", "about/index.html");
    expect(resolveFile(index, "about", true)).toMatchObject({ kind: "file", file: { path: "about" } });
  });

  it.each(["about.html/", "/index.html", "docs//guide", "__proto__", "toString", "INDEX.HTML"])(
    "does not find %j",
    async (path) => {
      const index = await indexOf("index.html", "about.html", "docs/guide.html");
      expect(resolveFile(index, path, false)).toEqual({ kind: "nothing" });
    },
  );

  it.each([
    ["a/b/c/missing.png", "a/b/404.html"],
    ["a/b", "404.html"],
    ["a/missing", "404.html"],
    ["missing/", "404.html"],
  ])("answers %j with the nearest page, %j", async (path, page) => {
    const index = await indexOf("index.html", "404.html", "a/b/404.html");
    expect(resolveFile(index, path, true)).toMatchObject({ kind: "not_found_page", file: { path: page } });
  });

  it("gives a single-page app its shell on navigations only", async () => {
    const index = await indexOf("index.html", "assets/app.js");
    expect(resolveFile(index, "orders/7", true)).toMatchObject({ kind: "app_shell", file: { path: "index.html" } });
    expect(resolveFile(index, "assets/gone.js", false)).toEqual({ kind: "nothing" });
  });

  it("takes an app with a 404 page of its own for no single-page app", async () => {
    const index = await indexOf("index.html", "404.html");
    expect(resolveFile(index, "orders/7", true)).toMatchObject({ kind: "not_found_page" });
  });

  it("never finds the platform's instructions", async () => {
    const index = await indexOf("_headers", "_redirects", ".assetsignore", "docs/_headers", ".well-known/security.txt");
    for (const path of ["_headers", "_redirects", ".assetsignore"]) {
      expect(resolveFile(index, path, false)).toEqual({ kind: "nothing" });
    }
    expect(resolveFile(index, "docs/_headers", false)).toMatchObject({ kind: "file" });
    expect(resolveFile(index, ".well-known/security.txt", false)).toMatchObject({ kind: "file" });
  });

  it("looks up few names however deep the path is", async () => {
    let lookups = 0;
    const index: ManifestIndex = {
      htmlHandling: "auto-trailing-slash",
      get: () => {
        lookups++;
        return undefined;
      },
      redirectFor: () => null,
      headersFor: () => null,
    };
    resolveFile(index, "a/".repeat(8_000), true);
    expect(lookups).toBeLessThan(600);
  });
});

describe("isNavigation", () => {
  it.each([
    [{ "sec-fetch-mode": "navigate" }, "report.pdf", true],
    [{ "sec-fetch-mode": "no-cors", accept: "text/html" }, "page", false],
    [{ accept: "text/html,application/xhtml+xml" }, "orders/7", true],
    [{ accept: "text/html" }, "v1.2/orders", true],
    [{ accept: "text/html" }, "logo.png", false],
    [{ accept: "*/*" }, "orders/7", false],
    [{}, "", false],
  ])("with %j, %j: %s", (headers, path, expected) => {
    expect(isNavigation(new Headers(headers as Record<string, string>), path)).toBe(expected);
  });
});
