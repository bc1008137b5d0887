/** How the builder starts, stops and dies, and what it does without bubblewrap. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bubblewrapMissing } from "../support/bubblewrap.ts";
import {
  appWithBuild,
  type BuildWorld,
  createJob,
  runApp,
  runJob,
  startBuildWorld,
  startJob,
} from "../support/build-jobs.ts";
import { type BuilderProcess, startBuilder } from "../support/builder-process.ts";
import { processesWith } from "../support/live-processes.ts";

let world: BuildWorld;

beforeAll(async () => {
  world = await startBuildWorld({ BUILDER_SANDBOX: "plain", BUILDER_MAX_JOBS: "1" });
}, 30_000);
afterAll(() => world.close());

/** A build that never ends, and that can be found by its mark. */
function sleeper(): { mark: string; files: ReturnType<typeof appWithBuild> } {
  const mark = `8${Math.floor(Math.random() * 1e9)}`;
  const script = `
    import { spawn, spawnSync } from "node:child_process";
    spawn("sleep", ["${mark}"]);
    setInterval(() => {}, 1_000);
  `;
  return { mark: `sleep ${mark}`, files: appWithBuild(script) };
}

async function whenRunning(mark: string): Promise<void> {
  await expect.poll(() => processesWith(mark), { timeout: 15_000, interval: 50 }).not.toEqual([]);
}

async function whenGone(mark: string): Promise<void> {
  await expect.poll(() => processesWith(mark), { timeout: 5_000, interval: 20 }).toEqual([]);
}

describe("without a sandbox", { timeout: 20_000 }, () => {
  it("the builder warns at its start and in every build, and builds", async () => {
    expect(world.builder.words()).toContain("Builds are not isolated");
    const { rest, events } = await runApp(
      world,
      appWithBuild(`
        import fs from "node:fs";
        fs.mkdirSync("dist");
        fs.writeFileSync("dist/index.html", JSON.stringify(process.env));
        if (/BUILDER_|S3_/.test(JSON.stringify(process.env))) process.exit(9);
      `),
    );
    expect(rest.type).toBe("built");
    expect(events).toContainEqual(
      expect.objectContaining({ type: "note", text: expect.stringContaining("not isolated") }),
    );
  });

  it("a build's background process ends with its step", async () => {
    const mark = `7${Math.floor(Math.random() * 1e9)}`;
    const { rest } = await runApp(
      world,
      appWithBuild(`
        import { spawn, spawnSync } from "node:child_process";
        import { mkdirSync, writeFileSync } from "node:fs";
        spawn("sleep", ["${mark}"], { stdio: "inherit" }).unref();
        mkdirSync("dist");
        writeFileSync("dist/index.html", "x");
      `),
    );
    expect(rest.type).toBe("built");
    await whenGone(`sleep ${mark}`);
  });

  it("a second build waits for its place", async () => {
    const { mark, files } = sleeper();
    const first = await createJob(world, files);
    await startJob(world, first);
    await whenRunning(mark);
    const second = await createJob(world, appWithBuild("process.exit(1);"));
    const ran = runJob(world, second);
    await startJob(world, {
      ...(await createJob(world, appWithBuild("0;"))),
      deployment: first.deployment,
      attempt: 2,
    });
    const { events, rest } = await ran;
    expect(rest).toMatchObject({ type: "failed", reason: "build_failed" });
    expect(events).toContainEqual(expect.objectContaining({ type: "note", text: expect.stringContaining("Waiting") }));
    await whenGone(mark);
  });
});

describe("a builder", { timeout: 30_000 }, () => {
  const workDir = mkdtempSync(join(tmpdir(), "atelier-builder-"));
  afterAll(() => rmSync(workDir, { recursive: true, force: true }));

  it("names the settings that are wrong, and does not start", async () => {
    const wrong = startBuilder({ s3Endpoint: "nowhere", workDir, env: { BUILDER_PORT: "http" } });
    await expect(wrong).rejects.toThrow(/BUILDER_PORT .*\n.*S3_ENDPOINT /);
  });

  it("removes what an earlier one left", async () => {
    mkdirSync(join(workDir, "jobs/left/behind"), { recursive: true });
    writeFileSync(join(workDir, "jobs/left/file"), "x");
    mkdirSync(join(workDir, "cache/kept"), { recursive: true });
    const builder = await startBuilder({ s3Endpoint: world.s3.endpoint, workDir });
    expect(readdirSync(join(workDir, "jobs"))).toEqual([]);
    expect(existsSync(join(workDir, "cache/kept"))).toBe(true);
    await builder.group.stop();
  });

  it("that is told to stop ends its builds and removes their folders", async () => {
    const builder = await startBuilder({ s3Endpoint: world.s3.endpoint, workDir });
    const { mark, files } = sleeper();
    await startJob({ ...world, builder }, await createJob(world, files));
    await whenRunning(mark);
    builder.group.child.kill("SIGTERM");
    await expect.poll(() => builder.group.child.exitCode, { timeout: 5_000 }).toBe(0);
    expect(processesWith(mark)).toEqual([]);
    expect(readdirSync(join(workDir, "jobs"))).toEqual([]);
    await builder.group.stop();
  });

  it("that is told to stop hands its jobs back, to the next one, which loses them when it is killed", async () => {
    const start = () => startBuilder({ s3Endpoint: world.s3.endpoint, workDir });
    const { mark, files } = sleeper();
    const job = await createJob(world, files);
    const ask = async ({ url, token }: BuilderProcess) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${url}/builds/${job.deployment}/events?after=0`, { headers })).status;
    };
    const first = await start();
    await startJob({ ...world, builder: first }, job);
    await whenRunning(mark);
    await first.group.stop();
    const second = await start();
    expect(await ask(second)).toBe(410);
    await startJob({ ...world, builder: second }, job);
    await whenRunning(mark);
    await second.group.kill();
    const third = await start();
    expect(await ask(third)).toBe(404);
    await third.group.stop();
  });

  it.skipIf(bubblewrapMissing !== null)("ends a sandbox of this work folder that outlived the one before", async () => {
    const [job, other] = [join(workDir, "jobs/left"), join(workDir, "cache")];
    for (const folder of [job, other]) mkdirSync(folder, { recursive: true });
    const marks = [job, other].map((folder) => {
      const seconds = `9${Math.floor(Math.random() * 1e9)}`;
      const args = ["--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--bind", folder, folder];
      spawn("bwrap", [...args, "sleep", seconds], { detached: true, stdio: "ignore" }).unref();
      return `sleep ${seconds}`;
    });
    const [left = "", elsewhere = ""] = marks;
    for (const mark of marks) await whenRunning(mark);
    const builder = await startBuilder({ s3Endpoint: world.s3.endpoint, workDir });
    expect(processesWith(left)).toEqual([]);
    expect(processesWith(elsewhere)).not.toEqual([]);
    // The end of one may be the end of the next.
    spawnSync("kill", ["-KILL", ...processesWith(elsewhere).map(String)]);
    await builder.group.stop();
  });

  it.skipIf(bubblewrapMissing !== null)("that is killed takes its builds with it", async () => {
    const builder = await startBuilder({
      s3Endpoint: world.s3.endpoint,
      workDir,
      env: { BUILDER_SANDBOX: "bubblewrap" },
    });
    const { mark, files } = sleeper();
    await startJob({ ...world, builder }, await createJob(world, files));
    await whenRunning(mark);
    builder.group.child.kill("SIGKILL");
    await whenGone(mark);
    await builder.group.stop();
  });
});
