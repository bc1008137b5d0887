/** A job that is ended while the app's code runs: no process of it is left, and nothing on disk. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bubblewrapMissing } from "../support/bubblewrap.ts";
import {
  type AppFiles,
  appWithBuild,
  type BuildWorld,
  callBuilder,
  createJob,
  runJob,
  startBuildWorld,
  startJob,
} from "../support/build-jobs.ts";
import { processesWith } from "../support/live-processes.ts";

/** Starts a process in the background that can be found by its mark, and never ends. */
function hanging(mark: string, options: string): string {
  return `
    import { spawn } from "node:child_process";
    process.on("SIGTERM", () => {});
    spawn("sleep", ["${mark}"], ${options}).unref();
    await new Promise(() => setInterval(() => {}, 1_000));
  `;
}

/** Apps that hang in one of the steps that run their code. */
const HANGS: Readonly<Record<string, (script: string) => AppFiles>> = {
  config: (script) => appWithBuild("", { "atelier.config.ts": `${script}\nexport default {};` }),
  install: (script) => ({
    "package.json": JSON.stringify({
      name: "app",
      private: true,
      scripts: { postinstall: "node hang.mjs", build: "node build.mjs" },
    }),
    "hang.mjs": script,
    "build.mjs": "",
  }),
  build: appWithBuild,
};

/** What a process may do to stay. Leaving its group helps it only where there is no sandbox, which every log says. */
const SANDBOXES = [
  { sandbox: "bubblewrap", missing: bubblewrapMissing, options: ["{}", '{ detached: true, stdio: "ignore" }'] },
  { sandbox: "plain", missing: null, options: ["{}"] },
] as const;

describe.each(SANDBOXES)("in $sandbox", ({ sandbox, missing, options }) => {
  let world: BuildWorld;

  beforeAll(async () => {
    if (missing === null) world = await startBuildWorld({ BUILDER_SANDBOX: sandbox, BUILDER_MAX_JOBS: "1" });
  }, 30_000);
  afterAll(() => world?.close());

  const cases = Object.keys(HANGS).flatMap((step) => options.map((option) => [step, option] as const));

  it.skipIf(missing !== null).each(cases)(
    "at step %s, of a process with %s",
    { timeout: 60_000 },
    async (step, option) => {
      const mark = `8${Math.floor(Math.random() * 1e9)}`;
      const job = await createJob(world, (HANGS[step] ?? appWithBuild)(hanging(mark, option)));
      await startJob(world, job);
      await expect.poll(() => processesWith(`sleep ${mark}`), { timeout: 30_000, interval: 50 }).not.toEqual([]);
      const [root] = readdirSync(join(world.workDir, "jobs"));
      // A sandbox names the folder in its own command line.
      if (sandbox === "bubblewrap") expect(processesWith(String(root))).not.toEqual([]);

      const startedAt = performance.now();
      expect((await callBuilder(world, "DELETE", `/builds/${job.deployment}`)).status).toBe(204);
      expect(performance.now() - startedAt).toBeLessThan(5_000);

      expect(processesWith(`sleep ${mark}`)).toEqual([]);
      expect(processesWith(String(root))).toEqual([]);
      expect(existsSync(join(world.workDir, "jobs", String(root)))).toBe(false);
      // Its place is free again: there is only one.
      const next = await createJob(world, appWithBuild("process.exit(3);"));
      expect((await runJob(world, next)).rest).toMatchObject({ type: "failed", reason: "build_failed" });
    },
  );
});
