import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutputFile } from "../../builder/collect.ts";
import { effortFor, encodeFiles, MIN_ENCODED_BYTES } from "../../builder/encode.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { digestOf } from "../support/digest-of.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-encode-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function outputFile(path: string, text: string | Buffer): OutputFile {
  const diskPath = join(folder, path);
  writeFileSync(diskPath, text);
  return { path: RelativePath.parse(path), diskPath, size: Buffer.byteLength(text), sha256: digestOf(text) };
}

const encode = (files: OutputFile[], name = "encoded") =>
  encodeFiles(files, join(folder, name), AbortSignal.timeout(30_000));

const TEXT = "body { color: rebeccapurple }\n".repeat(200);
const UNPACK = { br: brotliDecompressSync, gzip: gunzipSync, zstd: zstdDecompressSync } as const;

describe("encodings", () => {
  it("are the file again once they are undone, and are stored under their hash", async () => {
    const file = outputFile("app.css", TEXT);
    const { encodings, blobs } = await encode([file]);
    const made = encodings.get(file.sha256) ?? [];
    expect(made.map(({ encoding }) => encoding)).toEqual(["br", "gzip", "zstd"]);
    for (const { encoding, sha256, size } of made) {
      const blob = blobs.find((blob) => blob.sha256 === sha256);
      const bytes = readFileSync(blob?.diskPath ?? "");
      expect([bytes.length, blob?.size, digestOf(bytes)]).toEqual([size, size, sha256]);
      expect(UNPACK[encoding as keyof typeof UNPACK](bytes).toString()).toBe(TEXT);
    }
  });

  it("are the same ones every time", async () => {
    const files = ["a.js", "b.html", "c.svg"].map((path) => outputFile(path, path + TEXT));
    const [one, other] = [await encode(files, "one"), await encode(files.toReversed(), "other")];
    for (const { sha256 } of files) expect(other.encodings.get(sha256)).toEqual(one.encodings.get(sha256));
  });

  it.each([
    ["a small one", "app.js", TEXT.slice(0, MIN_ENCODED_BYTES - 1)],
    ["an empty one", "app.js", ""],
    ["a picture", "logo.png", TEXT],
    ["an archive", "all.zip", TEXT],
    ["a font that is packed already", "a.woff2", TEXT],
    ["one of an unknown type", "data.bin", TEXT],
  ])("are not made of %s", async (_what, path, text) => {
    expect(await encode([outputFile(path, text)])).toEqual({ encodings: new Map(), blobs: [] });
  });

  it("are not kept where they save nothing", async () => {
    const noise = Buffer.from(
      Array.from({ length: 4_000 }, (_, n) => (n * n * 7_919 + (n ^ (n >> 3)) * 104_729) % 256),
    );
    const file = outputFile("noise.wasm", noise);
    const { encodings } = await encode([file]);
    for (const { size } of encodings.get(file.sha256) ?? []) expect(size).toBeLessThanOrEqual(file.size * 0.95);
  });

  it("are made once of bytes that occur twice", async () => {
    const { blobs } = await encode([outputFile("a.js", TEXT), outputFile("b.js", TEXT)]);
    expect(blobs).toHaveLength(3);
  });

  it("take less effort the more there is", () => {
    const qualities = [1, 5, 100].map((mebibytes) => effortFor(mebibytes * 1024 * 1024).brotli);
    expect(qualities).toEqual([11, 9, 5]);
  });

  it("are refused of a file that is no longer what was collected", async () => {
    const file = outputFile("app.css", TEXT);
    writeFileSync(file.diskPath, `${TEXT}!`);
    await expect(encode([file])).rejects.toThrow("changed");
  });
});
