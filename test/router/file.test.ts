import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveFile } from "../../router/file.ts";
import { indexFiles } from "../../router/manifest-index.ts";
import { isNavigation } from "../../router/navigation.ts";
import { readPath } from "../../router/request-path.ts";
import { bundleOf } from "../support/routes.ts";

async function indexOf(...paths: string[]) {
  const { manifest } = await bundleOf(Object.fromEntries(paths.map((path) => [path, path])));
  return indexFiles(manifest.files);
}

/** The pathname that a browser sends for what is typed behind the host. */
function pathnameOf(typed: string): string {
  return new URL(`https://shop.apps.test${typed}`).pathname;
}

describe("readPath", () => {
  it.each([
    ["/", ""],
    ["/a/b.txt", "a/b.txt"],
    ["/dir/", "dir/"],
    ["/f%C3%BCnke.txt", "fünke.txt"],
    ["/fünke.txt", "fünke.txt"],
    ["/with space.txt", "with space.txt"],
    ["/100%25.txt", "100%.txt"],
    ["/a%23b.txt", "a#b.txt"],
    ["/a%3Fb.txt", "a?b.txt"],
    ["/a+b.txt", "a+b.txt"],
    ["/%2561.txt", "%61.txt"],
    ["//evil.com/x", "/evil.com/x"],
  ])("reads %s as %j", (typed, path) => {
    expect(readPath(pathnameOf(typed))).toBe(path);
  });

  it.each([
    "/a%2fb",
    "/a%2Fb",
    "/a%5cb",
    "/a%00",
    "/..%2fsecret",
    "/%ff",
    "/%",
    "/%zz",
    "/%c0%ae%c0%ae/x",
    "/%2e%2e%2fx",
  ])("refuses %s", (pathname) => {
    expect(readPath(pathname)).toBeNull();
  });

  it("refuses dot segments even where no URL parser has resolved them", () => {
    expect(readPath("/a/%2e%2e/b")).toBeNull();
    expect(readPath("/a/%2E/b")).toBeNull();
  });

  it("never lets a step up or a second separator through", () => {
    const piece = fc.constantFrom("a", "%2e", "%2E", ".", "..", "%2f", "%5c", "%00", "/", "%25", "%c3%bc", "%ff", "\\");
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const pathname = pathnameOf(`/${pieces.join("")}`);
        const path = readPath(pathname);
        if (path === null) return;
        expect(path.split("/")).toHaveLength(pathname.split("/").length - 1);
        expect(path.split("/")).not.toContain("..");
        expect(path).not.toMatch(/[\\\0]/);
      }),
    );
  });
});

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
    ["docs", "docs/index.html"],
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
    const index = new (class extends Map {
      override get(key: string) {
        lookups++;
        return super.get(key);
      }
    })();
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
