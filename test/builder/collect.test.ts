import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectOutput } from "../../builder/collect.ts";
import { findOutputFolder, outputCandidates } from "../../builder/output-folder.ts";
import { MAX_FILE_BYTES } from "../../schema/limits.ts";
import { digestOf } from "../support/digest-of.ts";

let workspace: string;
let output: string;

beforeEach(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), "atelier-collect-")));
  output = join(workspace, "dist");
  mkdirSync(output);
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function write(path: string, text: string | Buffer = "x"): void {
  mkdirSync(dirname(join(workspace, path)), { recursive: true });
  writeFileSync(join(workspace, path), text);
}

function collect(limits: { outputBytes?: number; outputFiles?: number } = {}) {
  return collectOutput(output, { outputBytes: 1_000_000, outputFiles: 100, ...limits });
}

describe("the output folder", () => {
  it.each([
    [undefined, [], ["dist", "build", "out", "public/build"]],
    [undefined, ["dist/old.js", "output/x"], ["build", "out", "public/build"]],
    ["site", ["site/index.html"], ["site"]],
  ])("configured %s with source %j is one of %j", (configured, source, candidates) => {
    expect(outputCandidates(configured, source)).toEqual(candidates);
  });

  it("is the first that exists as a folder", async () => {
    rmSync(output, { recursive: true });
    write("build", "a file");
    write("out/index.html");
    write("public/build/index.html");
    expect(await findOutputFolder(workspace, undefined, [])).toEqual({ ok: true, value: join(workspace, "out") });
  });

  it.each([undefined, "dist"])("that is a file is called one (configured: %s)", async (configured) => {
    rmSync(output, { recursive: true });
    write("dist", "a file");
    expect(await findOutputFolder(workspace, configured, [])).toMatchObject({
      failure: { reason: "output_missing", detail: "dist is a file, not a folder." },
    });
  });

  it("may be a link within the project", async () => {
    symlinkSync("dist", join(workspace, "site"));
    expect(await findOutputFolder(workspace, "site", [])).toEqual({ ok: true, value: output });
  });

  it.each(["/etc", "..", "../..", "."])("may not be a link to %s", async (target) => {
    rmSync(output, { recursive: true });
    symlinkSync(target, output);
    expect(await findOutputFolder(workspace, "dist", [])).toMatchObject({ failure: { reason: "output_link_refused" } });
  });

  it("that is missing is named, and so is what came with the source", async () => {
    const missing = await findOutputFolder(workspace, undefined, ["dist/old.js"]);
    expect(missing).toMatchObject({ failure: { reason: "output_missing" } });
    expect(missing.ok ? "" : missing.failure.detail).toContain("dist came with the source");
    const configured = await findOutputFolder(workspace, "site/public", []);
    expect(configured.ok ? "" : configured.failure.detail).toContain("site/public");
  });
});

describe("the output", () => {
  it("is every file with its hash, awkward names included", async () => {
    const names = ["index.html", "fünke.txt", "a b/%2e%2e", "-rf", ".well-known/x", "leer"];
    for (const name of names) write(`dist/${name}`, name === "leer" ? "" : name);
    const collected = await collect();
    const files = collected.ok ? collected.value : [];
    expect(new Set(files.map(({ path }) => path))).toEqual(new Set(names));
    for (const { path, sha256, size } of files) {
      const text = path === "leer" ? "" : path;
      expect([sha256, size]).toEqual([digestOf(text), Buffer.byteLength(text)]);
    }
  });

  it("publishes a link to one of its files as that file", async () => {
    write("dist/a/real.txt", "real");
    symlinkSync("a/real.txt", join(output, "link.txt"));
    const collected = await collect();
    const hashes = collected.ok ? collected.value.map(({ path, sha256 }) => [path, sha256]) : [];
    expect(Object.fromEntries(hashes)).toEqual({ "a/real.txt": digestOf("real"), "link.txt": digestOf("real") });
  });

  it.each([
    ["a file of the machine", "/etc/passwd"],
    ["a file of the project", "../secret.txt"],
    ["a folder outside", ".."],
    ["a folder inside", "sub"],
    ["itself", "link"],
    ["nothing", "gone.txt"],
  ])("with a link to %s is refused", async (_, target) => {
    write("secret.txt");
    write("dist/sub/index.html");
    symlinkSync(target, join(output, "link"));
    expect(await collect()).toMatchObject({ failure: { reason: "output_link_refused" } });
  });

  it("with a link to a folder says that it is not followed", async () => {
    write("dist/sub/index.html");
    symlinkSync("sub", join(output, "link"));
    const collected = await collect();
    expect(collected.ok ? "" : collected.failure.detail).toContain("links to folders are not followed; copy it");
  });

  it("with a link through a link that leads out is refused", async () => {
    write("secret.txt");
    symlinkSync("../..", join(workspace, "door"));
    symlinkSync("../door/etc/passwd", join(output, "through"));
    expect(await collect()).toMatchObject({ failure: { reason: "output_link_refused" } });
  });

  it.each([
    ["a backslash", "a\\b.txt"],
    ["a control character", "a\nb.txt"],
    ["bytes that are not UTF-8", Buffer.from([0x61, 0xff, 0x62])],
  ])("with %s in a name is refused", async (_, name) => {
    writeFileSync(Buffer.concat([Buffer.from(`${output}/`), Buffer.from(name)]), "x");
    expect(await collect()).toMatchObject({ failure: { reason: "output_path_invalid" } });
  });

  it("with a pipe is refused, without waiting for a writer", async () => {
    execFileSync("mkfifo", [join(output, "pipe")]);
    const detail = "pipe is a named pipe; only files and folders can be published. Remove it.";
    expect(await collect()).toMatchObject({ failure: { reason: "output_path_invalid", detail } });
  });

  it("without files is refused", async () => {
    mkdirSync(join(output, "empty"));
    expect(await collect()).toMatchObject({ failure: { reason: "output_empty" } });
  });

  it("with too many files is refused", async () => {
    for (let file = 0; file < 4; file += 1) write(`dist/${file}`);
    expect(await collect({ outputFiles: 3 })).toMatchObject({ failure: { reason: "output_too_many_files" } });
    expect(await collect({ outputFiles: 4 })).toMatchObject({ ok: true });
  });

  it("that is too large is refused, naming the largest", async () => {
    write("dist/small.txt", "12");
    write("dist/large.txt", "123456789");
    const collected = await collect({ outputBytes: 10 });
    expect(collected).toMatchObject({ failure: { reason: "output_too_large" } });
    expect(collected.ok ? "" : collected.failure.detail).toMatch(/at most 10 .*: large\.txt \(9 bytes\), small\.txt/);
    expect(await collect({ outputBytes: 11 })).toMatchObject({ ok: true });
  });

  it("with a file above the limit of a file is refused", async () => {
    write("dist/video.mp4");
    truncateSync(join(output, "video.mp4"), MAX_FILE_BYTES + 1);
    const collected = await collect({ outputBytes: 2 * MAX_FILE_BYTES });
    expect(collected).toMatchObject({ failure: { reason: "output_too_large" } });
  });
});
