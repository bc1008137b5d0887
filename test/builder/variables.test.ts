/** What a build does with its variables: the real builder, in each sandbox. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildJob } from "../../schema/contracts/build.ts";
import type { Variable } from "../../schema/variable.ts";
import { bubblewrapMissing } from "../support/bubblewrap.ts";
import {
  type AppFiles,
  appWithBuild,
  type BuildWorld,
  callBuilder,
  createJob,
  type JobRun,
  outputOf,
  runJob,
  startBuildWorld,
} from "../support/build-jobs.ts";

const SECRET = "s3cr3t-of-the-shop";

function variable(name: string, value: string, visibility: Variable["visibility"] = "private"): Variable {
  return { name, value, visibility };
}

/** Writes `dist/index.html` after it ran `script`. */
const build = (script: string, page = `"<p>shop"`) => `
  import { mkdirSync, writeFileSync } from "node:fs";
  ${script}
  mkdirSync("dist", { recursive: true });
  writeFileSync("dist/index.html", ${page});
`;

const SANDBOXES = [
  ["bubblewrap", bubblewrapMissing],
  ["plain", null],
] as const;

for (const [sandbox, missing] of SANDBOXES) {
  describe.skipIf(missing !== null)(`in the sandbox ${sandbox}`, { timeout: 30_000 }, () => {
    let world: BuildWorld;

    beforeAll(async () => {
      world = await startBuildWorld({ BUILDER_SANDBOX: sandbox, BUILDER_MAX_JOBS: "2" });
    }, 30_000);
    afterAll(() => world.close());

    async function run(
      files: AppFiles,
      variables: readonly Variable[],
      settings: Partial<BuildJob["settings"]> = {},
    ): Promise<JobRun> {
      const job = await createJob(world, files, settings);
      return runJob(world, { ...job, variables: [...variables] });
    }

    it("the build command has them as they are, and no step before it has any", async () => {
      const values = { PLAIN: "word", LINES: "a\nb\n", ODD: `"' \\ $HOME \u{1f680} =`, NODE_ENV: "staging", EMPTY: "" };
      const hash = `createHash("sha256").update(JSON.stringify(seen)).digest("hex")`;
      const script = `
        import { createHash } from "node:crypto";
        const seen = ${JSON.stringify(Object.keys(values))}.map((name) => process.env[name]);
        console.log("seen", ${hash});
        console.log("path", process.env.PATH.includes("node_modules/.bin"), process.env.CI);
      `;
      const { events, rest } = await run(
        appWithBuild(build(script), {
          "atelier.config.ts": `console.log("config", process.env.PLAIN); export default {};`,
        }),
        Object.entries(values).map(([name, value]) => variable(name, value)),
        { installCommand: "echo install $PLAIN." },
      );
      expect(rest.type).toBe("built");
      const expected = createHash("sha256")
        .update(JSON.stringify(Object.values(values)))
        .digest("hex");
      expect(outputOf(events)).toContain(`seen ${expected}`);
      expect(outputOf(events)).toContain("path true true");
      expect(outputOf(events)).toContain("config undefined");
      expect(outputOf(events)).toContain("install .");
    });

    it("a name that would change the sandbox itself is refused", async () => {
      const job = await createJob(world, appWithBuild(build("")));
      for (const name of ["LD_PRELOAD", "PATH", "npm_config_registry"]) {
        const answer = await callBuilder(world, "PUT", `/builds/${job.deployment}`, {
          ...job,
          variables: [variable(name, SECRET)],
        });
        expect(answer.status).toBe(422);
        expect(await answer.text()).not.toContain(SECRET);
      }
    });

    it("a value in the output fails the deployment, and is in no event and no log", async () => {
      const script = `
        console.log("printed " + process.env.TOKEN);
        process.stdout.write("cut " + process.env.TOKEN.slice(0, 5));
        await new Promise((resolve) => setTimeout(resolve, 100));
        console.log(process.env.TOKEN.slice(5));
      `;
      const page = `"<script>const t = " + JSON.stringify(btoa("a" + process.env.TOKEN)) + "</script>"`;
      const { events, rest } = await run(appWithBuild(build(script, page)), [variable("TOKEN", SECRET, "secret")]);
      expect(rest).toMatchObject({
        type: "failed",
        reason: "env_leaked",
        detail: expect.stringMatching(/^index\.html holds the value of TOKEN in base64, at byte \d+\./),
      });
      expect(outputOf(events)).toContain("printed [redacted: TOKEN]\ncut [redacted: TOKEN]");
      expect(JSON.stringify(events)).not.toContain(SECRET);
    });

    it("what the framework publishes may be in the output, and the log says so", async () => {
      const manifest = { name: "app", scripts: { build: "node build.mjs" }, devDependencies: {} };
      const { events, rest } = await run(
        {
          ...appWithBuild(build("", "process.env.VITE_API + process.env.SAME")),
          // Nothing is installed: the name is what counts.
          "package.json": JSON.stringify({ ...manifest, dependencies: { vite: "*" } }),
        },
        [
          variable("VITE_API", "https://api.example.org"),
          variable("SAME", "https://api.example.org"),
          variable("DB", SECRET),
        ],
        { installCommand: "true" },
      );
      expect(rest.type).toBe("built");
      const notes = events.flatMap((event) => (event.type === "note" ? event.text : [])).join("\n");
      expect(notes).toContain("Vite puts variables with VITE_ into the browser's code");
      expect(notes).toContain("Public: VITE_API.");
      expect(notes).toContain("Searched the output for 1 value.");
    });

    it.skipIf(sandbox === "plain")("no other process of this machine shows them", async () => {
      // While the build waits, its sandbox stands in /proc with its arguments and environment.
      const script = `await new Promise((resolve) => setTimeout(resolve, 1_500));`;
      const job = await createJob(world, appWithBuild(build(script)));
      const running = runJob(world, { ...job, variables: [variable("TOKEN", SECRET)] });
      const seen = new Set<string>();
      for (const until = Date.now() + 4_000; Date.now() < until && seen.size < 2; ) {
        for (const [file, text] of processesOf()) if (text.includes(SECRET)) seen.add(file);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await running;
      expect([...seen].filter((file) => file.endsWith("cmdline"))).toEqual([]);
    });
  });
}

/** Arguments and environments, of those processes that we may look at. */
function processesOf(): [string, string][] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) =>
    ["cmdline", "environ"].flatMap((kind): [string, string][] => {
      try {
        return [[`${pid}/${kind}`, readFileSync(`/proc/${pid}/${kind}`, "latin1")]];
      } catch {
        return [];
      }
    }),
  );
}
