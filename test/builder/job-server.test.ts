/** The job server as control sees it: a process, real storage, real npm. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildJob } from "../../schema/contracts/build.ts";
import { Toolchain } from "../../schema/contracts/build.ts";
import { deploymentIdFrom } from "../../schema/ids.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import type { BuildStep, FailureReason } from "../../schema/lifecycle.ts";
import {
  type AppFiles,
  appWithBuild,
  type BuildWorld,
  callBuilder,
  createJob,
  readEvents,
  readManifest,
  runApp,
  runJob,
  startBuildWorld,
  startJob,
  uploadJob,
} from "../support/build-jobs.ts";
import { digestOf } from "../support/digest-of.ts";

const MIB = 1024 * 1024;
let world: BuildWorld;

beforeAll(async () => {
  world = await startBuildWorld({
    BUILDER_MAX_JOBS: "3",
    BUILD_TIMEOUT_MS: "10000",
    BUILD_MEMORY_BYTES: String(400 * MIB),
    BUILD_DISK_BYTES: String(32 * MIB),
    OUTPUT_MAX_FILES: "20",
    OUTPUT_MAX_BYTES: "1000000",
  });
}, 30_000);
afterAll(() => world.close());

const PAGE = appWithBuild(`
  import { mkdirSync, writeFileSync } from "node:fs";
  mkdirSync("dist/assets", { recursive: true });
  writeFileSync("dist/index.html", "<h1>hello</h1>");
  writeFileSync("dist/copy.html", "<h1>hello</h1>");
  writeFileSync("dist/assets/app-D64VDMd1.js", "alert(1)");
  console.log("wrote it");
  console.error("and warned");
`);
const HANG = appWithBuild("setTimeout(() => {}, 60_000);");

function post(job: BuildJob, missing: readonly string[], attempt = job.attempt): Promise<Response> {
  const body = { attempt, storage: job.storage, missing };
  return callBuilder(world, "POST", `/builds/${job.deployment}/upload`, body);
}

describe("a deploy", { timeout: 20_000 }, () => {
  it("goes from source to a stored bundle", async () => {
    const job = await createJob(world, PAGE);
    const { events, rest } = await runJob(world, job);
    expect(rest).toMatchObject({ type: "built", files: 3, bytes: 36, config: {} });
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
    expect(events.flatMap((event) => (event.type === "step" ? event.step : []))).toEqual([
      "stage",
      "config",
      "install",
      "build",
      "collect",
    ]);
    const output = events.flatMap((event) => (event.type === "output" ? [[event.step, event.stream, event.text]] : []));
    expect(output).toContainEqual(["build", "stdout", "wrote it"]);
    expect(output).toContainEqual(["build", "stderr", "and warned"]);

    const manifest = await readManifest(world, job);
    expect(manifest).toMatchObject({ source: job.source, env: job.env });
    expect(manifest.files.map(({ path, fingerprinted }) => [path, fingerprinted])).toEqual([
      ["assets/app-D64VDMd1.js", true],
      ["copy.html", false],
      ["index.html", false],
    ]);

    expect(await uploadJob(world, job)).toMatchObject({ type: "uploaded", blobs: 2, bytes: 22 });
    for (const { sha256 } of manifest.files) {
      expect(digestOf((await world.s3.read(blobKey(job.project, sha256))) ?? "")).toBe(sha256);
    }
    const build = rest.type === "built" ? rest.build : digestOf("");
    const stored = (await world.s3.read(manifestKey(job.project, build))) ?? "";
    expect(digestOf(stored)).toBe(build);
    expect(readdirSync(join(world.workDir, "jobs"))).toEqual([]);
  });

  it("of the same source has the same build SHA", async () => {
    const job = await createJob(world, PAGE);
    const again = { ...job, deployment: deploymentIdFrom(uuidv7()) };
    const [one, other] = await Promise.all([runJob(world, job), runJob(world, again)]);
    expect(one.rest).toMatchObject({ type: "built" });
    expect({ ...other.rest, n: 0, at: "" }).toEqual({ ...one.rest, n: 0, at: "" });
  });

  it("installs devDependencies from a lockfile, and finds Vite without a build script", async () => {
    const tool = { name: "vite", version: "1.0.0", bin: { vite: "vite.js" } };
    const root = { name: "app", devDependencies: { vite: "file:tool" } };
    const packages = { "": root, "node_modules/vite": { resolved: "tool", link: true }, tool: { ...tool, dev: true } };
    const { rest, events } = await runApp(world, {
      "package.json": JSON.stringify(root),
      "package-lock.json": JSON.stringify({ name: "app", lockfileVersion: 3, requires: true, packages }),
      "tool/package.json": JSON.stringify(tool),
      "tool/vite.js": `#!/usr/bin/env node
        const fs = require("node:fs");
        fs.mkdirSync("out");
        fs.writeFileSync("out/index.html", process.argv.slice(2).join() + process.env.NODE_ENV + process.env.CI);
      `,
    });
    expect(rest).toMatchObject({ type: "built", files: 1, bytes: "buildproductiontrue".length });
    expect(events).toContainEqual(expect.objectContaining({ text: "Building with `vite build`." }));
  });

  it("follows its config, written in TypeScript", async () => {
    const { rest } = await runApp(world, {
      ...PAGE,
      "settings.ts": `export const stages: readonly number[] = [50, 100];`,
      "atelier.config.ts": `
        import type { AtelierConfig } from "atelier";
        import { stages } from "./settings.ts";
        setInterval(() => {}, 1_000);
        export default {
          build: { command: "mkdir -p site/public && echo $NODE_ENV > site/public/index.html", output: "site/public" },
          deployments: { canary: { stages } },
        } satisfies AtelierConfig;
      `,
    });
    expect(rest).toMatchObject({
      type: "built",
      files: 1,
      bytes: "production\n".length,
      config: { build: { output: "site/public" }, deployments: { canary: { stages: [50, 100] } } },
    });
  });
});

describe("a build fails with", { timeout: 30_000 }, () => {
  const write = (text: string) =>
    appWithBuild(`import fs from "node:fs"; fs.mkdirSync("dist"); fs.writeFileSync("dist/index.html", "x"); ${text}`);
  const config = (value: string) => ({ ...PAGE, "atelier.config.ts": `export default ${value};` });
  const withDependency = (spec: string) => ({
    ...PAGE,
    "package.json": JSON.stringify({ dependencies: { gone: spec } }),
  });
  const HOG = appWithBuild("const all = []; setInterval(() => all.push(Buffer.alloc(50e6, 1)), 30);");
  const FILL = appWithBuild(`
    import { randomBytes } from "node:crypto";
    import { writeFileSync } from "node:fs";
    // 64 MiB, in no folder more than the limit.
    for (const folder of [".", process.env.HOME, process.env.npm_config_cache]) {
      writeFileSync(folder + "/filled", randomBytes(22 * 1024 * 1024));
    }
    setTimeout(() => {}, 60_000);
  `);
  const MANY_FILES = `for (let n = 0; n < 20; n += 1) fs.writeFileSync("dist/" + n, "");`;
  const MANY_BYTES = `fs.writeFileSync("dist/big", Buffer.alloc(1e6));`;
  const WRONG_STAGES = /deployments\.canary\.stages: must end at 100/;

  it.concurrent.each<[FailureReason, string, AppFiles, BuildStep, RegExp]>([
    ["build_failed", "the build command fails", appWithBuild("process.exit(3);"), "build", /`npm run build` .* code 3/],
    ["build_timeout", "the build never ends", HANG, "build", /longer than 10 s/],
    ["memory_exceeded", "the build takes too much memory", HOG, "build", /400 MiB/],
    [
      "disk_exceeded",
      "the build writes too much to disk",
      FILL,
      "build",
      /`npm run build` wrote more than 32 MiB to disk/,
    ],
    [
      "build_failed",
      "the build kills itself",
      config("{ build: { command: 'kill -KILL $$' } }"),
      "build",
      /^`kill -KILL \$\$` was ended by SIGKILL\.$/,
    ],
    ["package_json_missing", "there is no package.json", { "index.html": "x" }, "install", /package\.json/],
    ["install_failed", "package.json is not JSON", { "package.json": "{" }, "install", /^package\.json is not JSON/],
    [
      "install_failed",
      "a dependency can not be had",
      withDependency("file:./gone.tgz"),
      "install",
      /`npm install` .* code/,
    ],
    ["output_missing", "the build writes nothing", appWithBuild("0;"), "collect", /none of dist/],
    [
      "output_link_refused",
      "a link leads out",
      write(`fs.symlinkSync("/etc/passwd", "dist/x");`),
      "collect",
      /^x is a link/,
    ],
    ["output_too_many_files", "there are too many files", write(MANY_FILES), "collect", /more than 20 files/],
    ["output_too_large", "there are too many bytes", write(MANY_BYTES), "collect", /big \(1000000/],
    [
      "config_invalid",
      "a field is wrong",
      config("{ deployments: { canary: { stages: [5] } } }"),
      "config",
      WRONG_STAGES,
    ],
    ["config_invalid", "it imports a package", config("(await import('vite'))"), "config", /before the dependencies/],
    ["config_invalid", "it is more than data", config("{ build: { command: () => 1 } }"), "config", /"command"/],
    ["config_invalid", "it is no TypeScript", config("{"), "config", /^atelier\.config\.ts, line 1, column \d+: /],
    [
      "config_invalid",
      "its JavaScript has an error",
      { ...PAGE, "atelier.config.mjs": "const a = 1;\nconst a = 2;\nexport default {};" },
      "config",
      /^atelier\.config\.mjs, line 2, column 7: Identifier 'a' has already been declared$/,
    ],
    ["config_invalid", "it is a function", config("() => ({})"), "config", /must export an object, not a function$/],
    ["config_invalid", "it is a promise", config("(async () => ({}))()"), "config", /an object, not a promise$/],
    [
      "config_invalid",
      "it waits for ever",
      config("await new Promise(() => {})"),
      "config",
      /^atelier\.config\.ts never finished evaluating/,
    ],
    ["config_invalid", "it ends the process", config("process.exit(0)"), "config", /ended the process/],
    ["config_invalid", "there are two", { ...config("{}"), "atelier.config.js": "" }, "config", /keep one/],
  ])("%s when %s", async (reason, _, files, step, detail) => {
    const { rest } = await runApp(world, files);
    expect(rest).toMatchObject({ type: "failed", reason, step, detail: expect.stringMatching(detail) });
  });

  it("source_unreadable when a blob is not what it should be", async () => {
    const job = await createJob(world, PAGE);
    await world.s3.put(blobKey(job.project, digestOf(String(PAGE["build.mjs"]))), "something else");
    const { rest } = await runJob(world, job);
    expect(rest).toMatchObject({ reason: "source_unreadable", step: "stage" });
    expect(rest.type === "failed" && rest.detail).toContain("build.mjs");
  });

  it.each([
    [
      "other bytes of the same length",
      (text: string) => text.replace("hello", "hullo"),
      /build\.mjs: .* do not match their hash/,
    ],
    ["fewer bytes than listed", (text: string) => text.slice(1), /build\.mjs: .* do not match their hash/],
    [
      "more bytes than listed",
      (text: string) => `${text}more`,
      /build\.mjs: listed with (\d+) bytes, stored with at least \d+$/,
    ],
  ])("source_unreadable when a blob has %s", async (_, change, detail) => {
    const job = await createJob(world, PAGE);
    const text = String(PAGE["build.mjs"]);
    await world.s3.put(blobKey(job.project, digestOf(text)), change(text));
    const { rest } = await runJob(world, job);
    expect(rest).toMatchObject({ reason: "source_unreadable", step: "stage", detail: expect.stringMatching(detail) });
  });

  it("source_unreadable when the source is not there", async () => {
    const job = await createJob(world, PAGE);
    const { rest } = await runJob(world, { ...job, source: digestOf("none") });
    expect(rest).toMatchObject({ reason: "source_unreadable", step: "stage" });
  });

  it("upload_failed when the storage refuses", async () => {
    const job = await createJob(world, PAGE);
    await runJob(world, job);
    const forged = { ...job, storage: { ...job.storage, secretAccessKey: "wrong" } };
    expect(await uploadJob(world, forged)).toMatchObject({ type: "failed", reason: "upload_failed", step: "upload" });
    expect(await world.s3.list(`bundles/${job.project}`)).toEqual([]);
    expect((await post(job, [])).status).toBe(409);
  });
});

describe("a job", { timeout: 20_000 }, () => {
  it("asked for twice is one job, and its events are read from anywhere", async () => {
    const job = await createJob(world, PAGE);
    await startJob(world, job);
    await startJob(world, job);
    const { events } = await runJob(world, job);
    expect(events.filter((event) => event.type === "step" && event.step === "stage")).toHaveLength(1);
    expect(await readEvents(world, job, 4)).toEqual(events.slice(4));
    expect(await readEvents(world, job, events.length)).toEqual([]);
    const again = await callBuilder(world, "PUT", `/builds/${job.deployment}`, job);
    expect([again.status, await again.json()]).toEqual([202, { attempt: 1, state: "built" }]);
  });

  it("is followed while it runs", async () => {
    const job = await createJob(world, PAGE);
    await startJob(world, job);
    const answer = await callBuilder(world, "GET", `/builds/${job.deployment}/events`);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("x-atelier-"))).toEqual([]);
    const chunks: string[] = [];
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks[0]).not.toContain('"type":"built"');
    expect(chunks.at(-1)).toContain('"type":"built"');
  });

  it("stores only what is missing, and only of its manifest", async () => {
    const job = await createJob(world, PAGE);
    await runJob(world, job);
    const html = digestOf("<h1>hello</h1>");
    expect((await post(job, [html, digestOf("unrelated")])).status).toBe(202);
    expect((await readEvents(world, job)).at(-1)).toMatchObject({ type: "uploaded", blobs: 1, bytes: 14 });
    const before = await readEvents(world, job);
    const again = await post(job, [html]);
    expect([again.status, await again.json()]).toEqual([202, { attempt: 1, state: "uploaded" }]);
    expect(await readEvents(world, job)).toEqual(before);
  });

  it("is replaced by a higher attempt, and not by a lower one", async () => {
    const job = await createJob(world, HANG);
    await startJob(world, job);
    const second = await createJob(world, PAGE);
    const { rest } = await runJob(world, { ...second, deployment: job.deployment, attempt: 2 });
    expect(rest.type).toBe("built");
    const late = await callBuilder(world, "PUT", `/builds/${job.deployment}`, job);
    expect([late.status, await late.json()]).toMatchObject([409, { code: "attempt_replaced" }]);
    expect((await post(job, [], 1)).status).toBe(404);
  });

  it("that is deleted ends its readers, and is unknown", async () => {
    const job = await createJob(world, HANG);
    await startJob(world, job);
    const reader = readEvents(world, job);
    expect((await callBuilder(world, "DELETE", `/builds/${job.deployment}`)).status).toBe(204);
    expect((await reader).at(-1)?.type).not.toBe("failed");
    const answer = await callBuilder(world, "GET", `/builds/${job.deployment}/events`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: "unknown_job" }]);
    expect((await callBuilder(world, "DELETE", `/builds/${job.deployment}`)).status).toBe(204);
    expect(readdirSync(join(world.workDir, "jobs"))).not.toContainEqual(expect.stringContaining(job.deployment));
  });

  it("gives no manifest and takes no upload before it is built", async () => {
    const job = await createJob(world, HANG);
    await startJob(world, job);
    const manifest = await callBuilder(world, "GET", `/builds/${job.deployment}/manifest`);
    expect([manifest.status, await manifest.json()]).toMatchObject([409, { code: "not_built" }]);
    expect((await post(job, [])).status).toBe(409);
    await callBuilder(world, "DELETE", `/builds/${job.deployment}`);
  });
});

describe("the server", () => {
  it.each([null, "Bearer ", "Bearer wrong", "Basic abc"])("refuses the authorization %s", async (authorization) => {
    const headers = authorization === null ? {} : { authorization };
    const answer = await fetch(`${world.builder.url}/toolchain`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: "token_unknown" }]);
  });

  it("names its toolchain", async () => {
    const answer = Toolchain.parse(await (await callBuilder(world, "GET", "/toolchain")).json());
    expect(answer).toMatchObject({ versions: { node: process.version, rules: expect.any(String) } });
    expect(answer.digest).toBe(digestOf(JSON.stringify(answer.versions)));
  });

  it("refuses bodies that do not fit", async () => {
    const job = await createJob(world, PAGE);
    const put = (body: unknown) => callBuilder(world, "PUT", `/builds/${job.deployment}`, body);
    expect((await put({ ...job, source: "x" })).status).toBe(422);
    expect((await put({ ...job, deployment: deploymentIdFrom(uuidv7()) })).status).toBe(422);
    expect((await callBuilder(world, "GET", `/builds/${job.deployment}/events?after=-1`)).status).toBe(422);
    expect((await callBuilder(world, "GET", "/builds/nonsense/events")).status).toBe(404);
    expect((await callBuilder(world, "GET", "/nothing")).status).toBe(404);
  });

  it.each([true, false])("refuses a body that is too large, its length announced: %s", async (announced) => {
    const body = Buffer.alloc(8 * 1024 * 1024 + 1, " ");
    const answer = await fetch(`${world.builder.url}/builds/x/upload`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.builder.token}` },
      body: announced ? body : new Blob([body]).stream(),
      duplex: "half",
    });
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: "body_too_large" }]);
  });
});
