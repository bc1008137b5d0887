import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RelativePath } from "../../schema/relative-path.ts";
import { readPath, writePath } from "../../schema/url-path.ts";

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
    ["//evil.com/x", "evil.com/x"],
    ["/a//b///c//", "a/b/c/"],
    ["//%2561", "%61"],
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
        expect(path.split("/")).toHaveLength(pathname.replaceAll(/\/+/g, "/").split("/").length - 1);
        expect(path.split("/")).not.toContain("..");
        expect(path).not.toMatch(/[\\\0]/);
      }),
    );
  });
});

describe("writePath", () => {
  it.each([
    ["", "/"],
    ["docs/", "/docs/"],
    ["fünke.txt", "/f%C3%BCnke.txt"],
    ["with space.txt", "/with%20space.txt"],
    ["100%.txt", "/100%25.txt"],
    ["a#b?c.txt", "/a%23b%3Fc.txt"],
    ["@scope/a+b,c;d=e:f!$&'()*~.txt", "/@scope/a+b,c;d=e:f!$&'()*~.txt"],
    ["[id]^|`{}<>.js", "/%5Bid%5D%5E%7C%60%7B%7D%3C%3E.js"],
    ["\u{1f4a1}", "/%F0%9F%92%A1"],
  ])("spells %j as %s", (path, pathname) => {
    expect(writePath(path)).toBe(pathname);
  });

  it("is undone by readPath, also after a browser has parsed it, whatever the file is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), (name) => {
        if (!RelativePath.safeParse(name).success) return;
        expect(readPath(writePath(name))).toBe(name);
        expect(pathnameOf(writePath(name))).toBe(writePath(name));
      }),
      { numRuns: 2_000 },
    );
  });
});
