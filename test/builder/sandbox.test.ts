/** What an app's own code can see and do in the bubblewrap sandbox. */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { blobKey } from "../../schema/keys.ts";
import { bubblewrapMissing } from "../support/bubblewrap.ts";
import {
  appWithBuild,
  type BuildWorld,
  createJob,
  outputOf,
  readManifest,
  runApp,
  runJob,
  startBuildWorld,
  uploadJob,
} from "../support/build-jobs.ts";
import { processesWith } from "../support/live-processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HOSTILE_APP = join(ROOT, "test/fixtures/apps/builder-hostile");
const isRoot = process.getuid?.() === 0;

if (bubblewrapMissing) describe.skip(bubblewrapMissing, () => it("needs bubblewrap"));

describe.skipIf(bubblewrapMissing !== null)("a build", { timeout: 30_000 }, () => {
  let world: BuildWorld;

  beforeAll(async () => {
    world = await startBuildWorld({ BUILDER_SANDBOX: "bubblewrap", BUILD_MAX_PROCESSES: "150", BUILDER_MAX_JOBS: "2" });
  }, 30_000);
  afterAll(() => world.close());

  describe("that tries everything", () => {
    const Attempts = z.record(z.string(), z.unknown());
    const Report = z.object({
      env: z.record(z.string(), z.string()),
      commandLines: Attempts,
      environs: Attempts,
      status: z.string(),
      uid: z.number(),
      top: z.array(z.string()),
      accounts: z.string(),
      cache: z.array(z.string()),
      reads: Attempts,
      writes: Attempts,
      unshare: z.string(),
      mount: z.string(),
      fillMemory: z.string(),
    });
    let report: z.infer<typeof Report>;

    beforeAll(async () => {
      const other = await createJob(world, appWithBuild("0;"));
      await runJob(world, other);
      const targets = {
        reads: [
          ROOT,
          join(ROOT, "builder"),
          world.workDir,
          "/root",
          "/etc/ssl/private",
          "/var",
          "/sys",
          "/proc/1/root/root",
        ],
        writes: [
          "/x",
          "/usr/x",
          "/etc/passwd",
          "/dev/x",
          "/toolchain/x",
          "/toolchain/npm/x",
          "/toolchain/evaluate-config.ts",
        ],
      };
      const files = Object.fromEntries(
        readdirSync(HOSTILE_APP).map((name) => [name, readFileSync(join(HOSTILE_APP, name))]),
      );
      const job = await createJob(world, { ...files, "targets.json": JSON.stringify(targets) });
      await runJob(world, job);
      await uploadJob(world, job);
      const [file] = (await readManifest(world, job)).files;
      const bytes = file && (await world.s3.read(blobKey(job.project, file.sha256)));
      report = Report.parse(JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())));
    }, 30_000);

    it("sees no secret of the builder, in its environment or in any process", () => {
      const seen = JSON.stringify(report);
      const { accessKeyId, secretAccessKey } = world.s3.grant;
      for (const secret of [world.builder.token, accessKeyId, secretAccessKey, world.s3.endpoint, "BUILDER_", "S3_"]) {
        expect(seen).not.toContain(secret);
      }
      expect(JSON.stringify(report.commandLines)).not.toContain("builder/main.ts");
      expect(JSON.stringify(report.environs)).toContain("NODE_ENV=production");
    });

    it("gets only the environment that builds need", () => {
      const passed = /^(?:PATH|HOME|TMPDIR|LANG|CI|NODE_ENV|PWD|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|.*_proxy)$/i;
      const ofNpm = /^(?:npm_|NODE$|COLOR$|EDITOR$|INIT_CWD$)/i;
      expect(Object.keys(report.env).filter((name) => !passed.test(name) && !ofNpm.test(name))).toEqual([]);
      expect(report.env).toMatchObject({
        NODE_ENV: "production",
        CI: "true",
        HOME: "/home/build",
        npm_config_cache: "/cache",
      });
    });

    it("sees no file of the builder, of other apps or of the machine", () => {
      expect(Object.entries(report.reads).filter(([, result]) => result !== "ENOENT")).toEqual([]);
      expect(report.cache.filter((name) => !name.startsWith("_"))).toEqual([]);
      expect(report.accounts).toBe("build:x:1000:1000:build:/home/build:/bin/sh\n");
      const known = /^(?:usr|bin|sbin|lib\d*|etc|dev|proc|tmp|home|workspace|cache|config|toolchain)$/;
      expect(report.top.filter((name) => !known.test(name))).toEqual([]);
    });

    it("writes nothing of the system", () => {
      const refusals = new Set(["EROFS", "EACCES", "EPERM"]);
      expect(Object.entries(report.writes).filter(([, result]) => !refusals.has(String(result)))).toEqual([]);
    });

    it("has no rights, and can not gain any", () => {
      expect(report.uid).toBe(1000);
      expect(report.status).toMatch(/^CapEff:\t0+$/m);
      expect(report.status).toMatch(/^CapBnd:\t0+$/m);
      expect(report.status).toMatch(/^NoNewPrivs:\t1$/m);
      expect([report.unshare, report.mount]).not.toContain("done");
    });

    it("can not fill the machine's memory with files", () => {
      expect(report.fillMemory).toBe("ENOSPC");
    });
  });

  it.runIf(isRoot)("that forks without end meets a limit, and its neighbour does not", async () => {
    const bomb = appWithBuild(`
      import { spawn } from "node:child_process";
      let started = 0;
      const next = () => {
        const child = spawn("sleep", ["60"], { stdio: "ignore" });
        child.once("error", (error) => { console.log("STOPPED", error.code, started); setTimeout(() => process.exit(1), 1_500); });
        child.once("spawn", () => { started += 1; next(); });
      };
      next();
    `);
    const [{ events }, neighbour] = await Promise.all([
      runApp(world, bomb),
      runApp(world, appWithBuild(`import fs from "node:fs"; fs.mkdirSync("dist"); fs.writeFileSync("dist/a", "a");`)),
    ]);
    const [, started] = /STOPPED EAGAIN (\d+)/.exec(outputOf(events)) ?? [];
    expect(Number(started)).toBeLessThan(150);
    expect(neighbour.rest.type).toBe("built");
  });

  it("leaves no process behind, however it detaches", async () => {
    const mark = `9${Math.floor(Math.random() * 1e9)}`;
    const { rest } = await runApp(
      world,
      appWithBuild(`
        import { spawn } from "node:child_process";
        import { mkdirSync, writeFileSync } from "node:fs";
        spawn("setsid", ["sh", "-c", "sleep ${mark} & sleep ${mark}"], { detached: true, stdio: "ignore" }).unref();
        await new Promise((resolve) => setTimeout(resolve, 300));
        mkdirSync("dist");
        writeFileSync("dist/index.html", "x");
      `),
    );
    expect(rest.type).toBe("built");
    expect(processesWith(`sleep ${mark}`)).toEqual([]);
  });

  it("finds nothing that a build of another project left", async () => {
    const folders = JSON.stringify(["/workspace", "/tmp", "/home/build", "/config", "/cache"]);
    const first = appWithBuild(`
      import fs from "node:fs";
      for (const folder of ${folders}) fs.writeFileSync(folder + "/left", "x");
    `);
    await runApp(world, first);
    const { events } = await runApp(
      world,
      appWithBuild(`
        import fs from "node:fs";
        console.log("FOUND " + JSON.stringify(${folders}.filter((folder) => fs.existsSync(folder + "/left"))));
      `),
    );
    expect(outputOf(events)).toContain("FOUND []");
  });

  it("that prints random bytes does no harm to its log", async () => {
    const word = randomUUID();
    const { events, rest } = await runApp(
      world,
      appWithBuild(`
        import { randomBytes } from "node:crypto";
        for (let n = 0; n < 50; n += 1) process.stdout.write(randomBytes(20_000));
        console.log("\\n${word}");
      `),
    );
    expect(rest).toMatchObject({ type: "failed", reason: "output_missing" });
    expect(outputOf(events)).toContain(word);
  });
});
