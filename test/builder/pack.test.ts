import { describe, expect, it } from "vitest";
import type { OutputFile } from "../../builder/collect.ts";
import { type PackInputs, packBundle } from "../../builder/pack.ts";
import { parseManifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { digestOf } from "../support/digest-of.ts";

function outputFile(path: string, text: string): OutputFile {
  return { path: RelativePath.parse(path), diskPath: `/out/${path}`, size: text.length, sha256: digestOf(text) };
}

const files = [
  outputFile("index.html", "<h1>"),
  outputFile("assets/index-D64VDMd1.js", "1"),
  outputFile("logo-D64VDMd1.svg", "<svg/>"),
];
const logo = { path: RelativePath.parse("public/logo-D64VDMd1.svg"), mode: "file", size: 6 } as const;
const inputs: PackInputs = {
  source: digestOf("source"),
  env: digestOf("{}"),
  sourceFiles: [{ ...logo, sha256: digestOf("<svg/>") }],
  html: "auto-trailing-slash",
  rules: null,
  encoded: { encodings: new Map(), blobs: [] },
  links: new Map(),
};

describe("a bundle", () => {
  it("has the same build SHA whatever the order of its files", async () => {
    const one = await packBundle(files, inputs);
    const other = await packBundle(files.toReversed(), inputs);
    expect(other.manifest).toBe(one.manifest);
    expect(other.build).toBe(one.build);
    expect(one.build).toBe(digestOf(one.manifest));
  });

  it.each([
    ["content", files.with(0, outputFile("index.html", "<h2>")), inputs],
    ["name", files.with(0, outputFile("home.html", "<h1>")), inputs],
    ["source", files, { ...inputs, source: digestOf("other") }],
    ["env", files, { ...inputs, env: digestOf("other") }],
  ])("has another one with another %s", async (_, changedFiles, changedInputs) => {
    expect((await packBundle(changedFiles, changedInputs)).build).not.toBe((await packBundle(files, inputs)).build);
  });

  it("names encodings, links and the handling of pages, and all their bytes", async () => {
    const page = digestOf("<h1>");
    const br = { encoding: "br", size: 2, sha256: digestOf("br") };
    const blob = { diskPath: "/encoded/br", size: 2, sha256: br.sha256 };
    const bundle = await packBundle(files, {
      ...inputs,
      html: "none",
      encoded: { encodings: new Map([[page, [br]]]), blobs: [blob] },
      links: new Map([["index.html", "</a.js>; rel=modulepreload"]]),
    });
    const manifest = parseManifest(bundle.manifest);
    expect(manifest.html).toBe("none");
    expect(manifest.files.find(({ path }) => path === "index.html")).toMatchObject({
      encodings: [br],
      links: "</a.js>; rel=modulepreload",
    });
    expect(bundle.blobs.map(({ sha256 }) => sha256)).toContain(br.sha256);
    expect(bundle.build).not.toBe((await packBundle(files, inputs)).build);
  });

  it("says type and fingerprint of each file, and how much it is", async () => {
    const { manifest, bytes } = await packBundle(files, inputs);
    const listed = parseManifest(manifest).files.map(({ path, type, fingerprinted }) => [path, type, fingerprinted]);
    expect(listed).toEqual([
      ["assets/index-D64VDMd1.js", "text/javascript; charset=utf-8", true],
      ["index.html", "text/html; charset=utf-8", false],
      ["logo-D64VDMd1.svg", "image/svg+xml; charset=utf-8", false],
    ]);
    expect(bytes).toBe(11);
  });
});
