/** `atelier deploy`, whole: the real process against an API over real HTTP. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CreateDeployment, Deployment } from "../../../schema/contracts/deployments.ts";
import { CreateSource } from "../../../schema/contracts/sources.ts";
import { MAX_BLOB_BATCH_BYTES, MAX_BLOB_BATCH_COUNT } from "../../../schema/limits.ts";
import { QUICK_PLAY, type Seen } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { startCliWithApi } from "./run-cli.ts";

const APP = { "package.json": '{"name":"hello"}', "src/main.ts": "export {};" };
const URL_OF_HELLO = "http://hello.apps.localhost:8787";

describe.concurrent("a deploy that goes well", () => {
  it("prints the URL alone on stdout and its steps on stderr", async () => {
    const { run } = await startCliWithApi();
    const { stdout, stderr, code } = await run(["deploy"], { cwd: await makeFolder(APP) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${URL_OF_HELLO}\n` });
    expect(stderr).toMatch(/Deploying hello to production/);
    expect(stderr).toMatch(/✔ Read the folder +2 files, 26 B +\d+\.\ds/);
    expect(stderr).toMatch(/Created the project hello/);
    expect(stderr).toMatch(/✔ Upload the source +2 new files, 26 B/);
    for (const step of ["Install packages", "Build", "Store the bundle", "Verify the bundle"]) {
      expect(stderr).toMatch(new RegExp(`✔ ${step} .* \\d+\\.\\ds`));
    }
    expect(stderr).toMatch(
      /\n {2}hello is live on production after \d+\.\ds\n {2}build b1b1b1b1b1b1 · 5 files, 59.8 KiB\n/,
    );
    expect(stderr).not.toContain("added 14 packages");
    expect(stderr).not.toContain("\x1b");
  });

  it("sends a source, a channel, a message and the bearer token that the contracts accept", async () => {
    const { api, run } = await startCliWithApi();
    api.addProject("shop");
    const cwd = await makeFolder({ "app/index.html": "hi" });
    const { stdout } = await run(["deploy", "app", "-p", "shop", "--pr", "42", "-m", "Try it", "--fresh"], { cwd });
    expect(stdout).toBe("http://shop-pr-42.apps.localhost:8787\n");
    const [created] = api.requests("POST", "/projects/prj_").filter(({ path }) => path.endsWith("/deployments"));
    expect(CreateDeployment.parse(bodyOf(created))).toMatchObject({ channel: "pr-42", message: "Try it", fresh: true });
    expect(CreateDeployment.parse(bodyOf(created))).not.toHaveProperty("commit");
    expect(api.requests("POST", "/projects?")).toEqual([]);
  });

  it("reaches a name under localhost and names it in the Host header", async () => {
    const { api, run } = await startCliWithApi();
    await run(["deploy"], { cwd: await makeFolder(APP) });
    expect(new Set(api.seen.map(({ host }) => host))).toEqual(new Set([new URL(api.url).host]));
  });

  it("prints one JSON object with --json", async () => {
    const { run } = await startCliWithApi();
    const { stdout, code } = await run(["deploy", "--json"], { cwd: await makeFolder(APP) });
    expect(code).toBe(0);
    expect(Deployment.parse(JSON.parse(stdout))).toMatchObject({ status: "live", url: URL_OF_HELLO });
  });

  it("shows the build's output with --verbose, without what could steer the terminal", async () => {
    const { api, run } = await startCliWithApi();
    api.play = {
      lines: [{ kind: "output", step: "build", text: "\x1b[31mred\x1b[0m and \x1b]0;title\x07 \x9b2J done\rover" }],
    };
    const { stderr } = await run(["deploy", "--verbose"], { cwd: await makeFolder(APP) });
    expect(stderr).toMatch(/▸ Build\n {4}red and .*done over\n/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it("returns at once with --no-wait and says how to follow", async () => {
    const { api, run } = await startCliWithApi();
    api.play = { ...QUICK_PLAY, hangs: true };
    const { stdout, stderr, code } = await run(["deploy", "--no-wait"], { cwd: await makeFolder(APP) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${URL_OF_HELLO}\n` });
    expect(stderr).toMatch(/Follow it with: atelier logs -f dpl_/);
    expect(api.seen.filter(({ path }) => path.includes("/logs"))).toEqual([]);
  });

  it("sends each content once, and nothing at all the second time", async () => {
    const { api, run } = await startCliWithApi();
    const cwd = await makeFolder({ ...APP, "copy/of/main.ts": "export {};" });
    await run(["deploy"], { cwd });
    const sent = blobRequests(api.seen).length;
    const { stderr } = await run(["deploy"], { cwd });
    expect(api.blobs.size).toBe(2);
    expect(blobRequests(api.seen)).toHaveLength(sent);
    expect(stderr).toMatch(/Upload the source +nothing new/);
  });

  it("keeps every upload request within the limits of one request", async () => {
    const { api, run } = await startCliWithApi();
    const cwd = await makeFolder(APP);
    await mkdir(join(cwd, "many"));
    for (let index = 0; index < MAX_BLOB_BATCH_COUNT + 50; index++) {
      await writeFile(join(cwd, "many", `${index}.txt`), `number ${index}`);
    }
    for (const name of ["a", "b"]) await writeFile(join(cwd, `${name}.bin`), randomBytes(14 * 1024 * 1024));
    const { code } = await run(["deploy"], { cwd });
    expect(code).toBe(0);
    expect(api.batches.length).toBeGreaterThanOrEqual(3);
    for (const { parts, bytes } of api.batches) {
      expect(parts).toBeLessThanOrEqual(MAX_BLOB_BATCH_COUNT);
      expect(bytes).toBeLessThanOrEqual(MAX_BLOB_BATCH_BYTES);
    }
    for (const { headers, body } of blobRequests(api.seen)) {
      expect(Number(headers["content-length"])).toBe(body.length);
    }
    expect(api.blobs.size).toBe(MAX_BLOB_BATCH_COUNT + 50 + 2 + 2);
  });

  it("carries awkward names and the executable bit as they are", async () => {
    const { api, run } = await startCliWithApi();
    const cwd = await makeFolder({
      ...APP,
      "fünke.txt": "composed",
      "gu\u0308te.txt": "decomposed",
      "%2e%2e/100%.txt": "",
      "run.sh": { content: "#!/bin/sh", mode: 0o755 },
    });
    await run(["deploy"], { cwd });
    const [source] = api.requests("POST", "/projects/prj_").filter(({ path }) => path.endsWith("/sources"));
    const { files } = CreateSource.parse(bodyOf(source));
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ["%2e%2e/100%.txt", "file"],
      ["fünke.txt", "file"],
      ["gu\u0308te.txt", "file"],
      ["package.json", "file"],
      ["run.sh", "executable"],
      ["src/main.ts", "file"],
    ]);
  });
});

describe.concurrent("a deploy over a bad connection", () => {
  it("repeats a request whose answer was lost with the same idempotency key, so that one deployment is made", async () => {
    const { api, run } = await startCliWithApi();
    api.addProject("hello");
    api.onRequest = ({ path }, nth) => (path.endsWith("/deployments") && nth === 1 ? "lose" : undefined);
    const { code, stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    const tries = api.seen.filter(({ method, path }) => method === "POST" && path.endsWith("/deployments"));
    expect(code).toBe(0);
    expect(tries).toHaveLength(2);
    expect(tries[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(tries[1]?.headers["idempotency-key"]).toBe(tries[0]?.headers["idempotency-key"]);
    expect(tries[1]?.body).toEqual(tries[0]?.body);
    expect(api.deployments.size).toBe(1);
    expect(stderr).toContain("Trying again.");
  });

  it("draws another key for another deployment", async () => {
    const { api, run } = await startCliWithApi();
    const cwd = await makeFolder(APP);
    await run(["deploy"], { cwd });
    await run(["deploy"], { cwd });
    const keys = api.seen
      .filter(({ method, path }) => method === "POST" && path.endsWith("/deployments"))
      .map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
  });

  it("survives a cut and a 503 at every step of the upload", async () => {
    const { api, run } = await startCliWithApi();
    api.addProject("hello");
    const tries = new Map<string, number>();
    api.onRequest = ({ method, path }) => {
      if (method !== "POST") return undefined;
      const nth = (tries.get(path) ?? 0) + 1;
      tries.set(path, nth);
      return nth === 1 ? "drop" : nth === 2 ? { status: 503, text: "busy" } : undefined;
    };
    const { code, stdout } = await run(["deploy"], { cwd: await makeFolder(APP), env: { ATELIER_RETRY_SECONDS: "5" } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${URL_OF_HELLO}\n` });
    expect([...tries.keys()].map((path) => path.split("/").at(-1))).toEqual(["sources", "blobs", "deployments"]);
  });

  it("follows the log over dropped connections, each line once and in order", async () => {
    const { api, run } = await startCliWithApi();
    const lines = Array.from({ length: 12 }, (_, index) => ({
      kind: "output" as const,
      step: "build" as const,
      text: `line ${index + 1} of 12`,
    }));
    api.play = { lines, breaks: [2, 0, 5] };
    const { code, stderr } = await run(["deploy", "--verbose"], { cwd: await makeFolder(APP) });
    expect(code).toBe(0);
    expect(stderr.match(/line \d+ of 12/g)).toEqual(lines.map(({ text }) => text));
  });

  it("uses a project that somebody else created in the same moment", async () => {
    const { api, run } = await startCliWithApi();
    api.onRequest = ({ method, path }) => {
      if (method === "POST" && path === "/projects") api.addProject("hello");
      return undefined;
    };
    const { code, stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    expect(code).toBe(0);
    expect(stderr).not.toContain("Created the project");
  });
});

function blobRequests(seen: readonly Seen[]): Seen[] {
  return seen.filter(({ path }) => path.endsWith("/blobs"));
}

function bodyOf(seen: Seen | undefined): unknown {
  return JSON.parse(seen?.body.toString() ?? "null");
}
