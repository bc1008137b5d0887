import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_BUNDLE_FILES, MAX_FILE_BYTES } from "../../schema/limits.ts";
import {
  blobsOf,
  buildSha,
  encodeManifest,
  Manifest,
  type ManifestFile,
  parseManifest,
} from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { digestOf, manifest } from "./examples.ts";

const [PAGE] = manifest().files as [ManifestFile, ...ManifestFile[]];

function blob(encoding: string, digit: string) {
  return { encoding, size: 60, sha256: digestOf(digit) };
}

function fileAt(path: string): ManifestFile {
  return { ...PAGE, path: RelativePath.parse(path) };
}

describe("the canonical text of a manifest", () => {
  it("is this, to the byte: build SHAs of stored bundles depend on it", async () => {
    const text = encodeManifest(manifest());
    expect(text).toBe(
      `{"version":1,"source":"${"a".repeat(64)}","env":"${"b".repeat(64)}","files":[` +
        `{"path":"assets/app-4f2a9c1b.js","size":120,"sha256":"${"c".repeat(64)}","type":"text/javascript","fingerprinted":true},` +
        `{"path":"index.html","size":120,"sha256":"${"c".repeat(64)}","type":"text/html; charset=utf-8","fingerprinted":false}]}`,
    );
    expect(await buildSha(text)).toBe("109d4c2c8d8a6b161eac2ee622403b0c27aeae3d42d5a88161452db24d974693");
  });

  const paths = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9ü💡._-]{1,6}(?:\/[a-z]{1,3})?$/u), {
    minLength: 1,
    maxLength: 30,
  });

  it("does not depend on the order of files, nor on that of fields, nor on what else a file carries", () => {
    const usable = paths
      .map((list) => list.filter((path) => RelativePath.safeParse(path).success))
      .filter((l) => l.length > 0);
    const shuffled = usable.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const one = encodeManifest(manifest({ files: list.map(fileAt) }));
        const turned = other.map((path) => {
          const { fingerprinted, type, ...rest } = fileAt(path);
          return { note: "ignored", fingerprinted, type, ...rest };
        });
        expect(encodeManifest({ ...manifest({ files: turned }), version: 1 })).toBe(one);
        expect(encodeManifest(parseManifest(one))).toBe(one);
      }),
    );
  });

  it("leaves no trace of what a manifest does not have, and has a place for what it may", () => {
    const encoded = { ...PAGE, encodings: [blob("zstd", "2"), blob("br", "1")], links: "</a.js>; rel=modulepreload" };
    const one = manifest({ html: "drop-trailing-slash", files: [encoded] });
    const text = encodeManifest(one);
    expect(text).toBe(
      `{"version":1,"source":"${"a".repeat(64)}","env":"${"b".repeat(64)}","html":"drop-trailing-slash","files":[` +
        `{"path":"index.html","size":120,"sha256":"${"c".repeat(64)}","type":"text/html; charset=utf-8","fingerprinted":false,` +
        `"encodings":[{"encoding":"br","size":60,"sha256":"${"1".repeat(64)}"},{"encoding":"zstd","size":60,"sha256":"${"2".repeat(64)}"}],` +
        `"links":"</a.js>; rel=modulepreload"}]}`,
    );
    expect(encodeManifest(parseManifest(text))).toBe(text);
    const refs = blobsOf(parseManifest(text)).map(({ sha256, size }) => [sha256[0], size]);
    expect(refs).toEqual([
      ["c", 120],
      ["1", 60],
      ["2", 60],
    ]);
  });

  it("orders by UTF-16 code units, not by a language", () => {
    const files = ["b", "a", "B", "ü", "é", "\ud83d\udca1", "\uff21", "a/b", "a-b"].map(fileAt);
    const ordered = parseManifest(encodeManifest(manifest({ files }))).files.map(({ path }) => path);
    expect(ordered).toEqual(["B", "a", "a-b", "a/b", "b", "é", "ü", "\ud83d\udca1", "\uff21"]);
  });

  it.each([
    ["another source", { source: digestOf("d") }],
    ["another env snapshot", { env: digestOf("d") }],
    ["a file more", { files: [...manifest().files, fileAt("b.html")] }],
    ["a file less", { files: manifest().files.slice(1) }],
    ["other bytes", { files: [{ ...PAGE, sha256: digestOf("d") }] }],
    ["another type", { files: [{ ...PAGE, type: "text/plain" }] }],
  ])("is another one with %s", async (_, change) => {
    const [one, other] = await Promise.all([manifest(), manifest(change)].map((m) => buildSha(encodeManifest(m))));
    expect(one).not.toBe(other);
  });
});

describe("a stored manifest", () => {
  it("may have fields that this reader does not know", () => {
    const later = {
      ...manifest(),
      functions: [],
      files: manifest().files.map((file) => ({ ...file, integrity: ["sha384"] })),
    };
    expect(parseManifest(JSON.stringify(later))).toEqual(manifest());
  });

  it.each([
    ["another version", { version: 2 }],
    ["no files", { files: [] }],
    ["a path that leads out", { files: [{ ...PAGE, path: "../a" }] }],
    ["a path twice", { files: [PAGE, { ...PAGE, sha256: digestOf("d") }] }],
    ["a size below zero", { files: [{ ...PAGE, size: -1 }] }],
    ["half a byte", { files: [{ ...PAGE, size: 0.5 }] }],
    ["a file over the limit", { files: [{ ...PAGE, size: MAX_FILE_BYTES + 1 }] }],
    ["a file without a type", { files: [{ ...PAGE, type: "" }] }],
    ["a build that is none", { source: "latest" }],
  ])("is refused with %s", (_, change) => {
    expect(() => parseManifest(JSON.stringify({ ...manifest(), ...change }))).toThrow();
  });

  it.each(["", "{", "null", "[]"])("is refused as %j", (text) => {
    expect(() => parseManifest(text)).toThrow();
  });

  it("may have as many files as the limit, and not one more", () => {
    const files = Array.from({ length: MAX_BUNDLE_FILES + 1 }, (_, index) => ({ ...PAGE, path: `${index}` }));
    expect(Manifest.safeParse({ ...manifest(), files: files.slice(1) }).success).toBe(true);
    expect(Manifest.safeParse({ ...manifest(), files }).success).toBe(false);
  });
});
