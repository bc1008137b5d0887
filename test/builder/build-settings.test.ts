/** What a project's build settings do to a build: the real builder, in each sandbox. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOfApp, foldersUpwards } from "../../builder/app-folder.ts";
import type { BuildStep, FailureReason } from "../../schema/lifecycle.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { bubblewrapMissing } from "../support/bubblewrap.ts";
import {
  type AppFiles,
  appWithBuild,
  type BuildWorld,
  callBuilder,
  createJob,
  outputOf,
  readManifest,
  runApp,
  runJob,
  startBuildWorld,
} from "../support/build-jobs.ts";
import { digestOf } from "../support/digest-of.ts";

const path = (text: string) => RelativePath.parse(text);

it("the folders around an app's are those up to the top of the source", () => {
  expect(foldersUpwards(path("apps/web"))).toEqual(["apps/web", "apps", ""]);
  expect(foldersUpwards(null)).toEqual([""]);
});

it("the files of an app are those below its folder, not below one that only begins like it", () => {
  const file = (name: string) => ({ path: path(name), mode: "file", size: 0, sha256: digestOf("") }) as const;
  const files = ["a.txt", "apps/web/b.txt", "apps/web/c/d.txt", "apps/web2/e.txt", "apps/web.txt"].map(file);
  expect(filesOfApp(files, path("apps/web")).map((app) => app.path)).toEqual(["b.txt", "c/d.txt"]);
  expect(filesOfApp(files, null)).toEqual(files);
});

/** Every file of an app, in a folder. */
function below(folder: string, files: AppFiles): AppFiles {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

const write = (folder: string, text: string) => `
  import { mkdirSync, writeFileSync } from "node:fs";
  mkdirSync(${JSON.stringify(folder)}, { recursive: true });
  writeFileSync(${JSON.stringify(`${folder}/index.html`)}, ${text});
`;
const WEB = below("apps/web", appWithBuild(write("dist", JSON.stringify("web"))));
const ROOT = { root: path("apps/web") };

const SANDBOXES = [
  ["bubblewrap", bubblewrapMissing],
  ["plain", null],
] as const;

for (const [sandbox, missing] of SANDBOXES) {
  describe.skipIf(missing !== null)(`in the sandbox ${sandbox}`, { timeout: 30_000 }, () => {
    let world: BuildWorld;
    let outside: string;

    beforeAll(async () => {
      world = await startBuildWorld({ BUILDER_SANDBOX: sandbox, BUILDER_MAX_JOBS: "2" });
      outside = mkdtempSync(join(tmpdir(), "atelier-outside-"));
      mkdirSync(join(outside, "dist"));
      writeFileSync(join(outside, "package.json"), '{"scripts":{"build":"true"}}');
      writeFileSync(join(outside, "dist/index.html"), "secret of the machine");
    }, 30_000);
    afterAll(async () => {
      await world.close();
      rmSync(outside, { recursive: true, force: true });
    });

    it("everything happens in the root, and the files around it are there", async () => {
      const job = await createJob(
        world,
        {
          "package.json": "{ not this one",
          "atelier.config.ts": "throw new Error('not this one')",
          "shared/text.txt": "shared",
          "dist/index.html": "not this one",
          ...below(
            "apps/web",
            appWithBuild(
              write("site", `require("fs").readFileSync("../../shared/text.txt")`).replace(
                "import {",
                `import { createRequire } from "node:module"; const require = createRequire(import.meta.url); import {`,
              ),
              { "atelier.config.ts": `export default { build: { output: "site" } };` },
            ),
          ),
        },
        ROOT,
      );
      const { rest } = await runJob(world, job);
      expect(rest).toMatchObject({ type: "built", files: 1, config: { build: { output: "site" } } });
      const { files } = await readManifest(world, job);
      expect(files.map((file) => [file.path, file.sha256])).toEqual([["index.html", digestOf("shared")]]);
    });

    it("the commands and the output of the settings are used, in the root", async () => {
      const settings = {
        ...ROOT,
        installCommand: "pwd > installed.txt && npm --version > /dev/null",
        command: "mkdir -p www/public && cp installed.txt www/public/ && basename $(pwd) && echo $NODE_ENV",
        output: path("www/public"),
      };
      const { rest, events } = await runApp(world, WEB, settings);
      expect(rest).toMatchObject({ type: "built", files: 1 });
      expect(outputOf(events)).toContain("web\nproduction");
      const notes = events.flatMap((event) => (event.type === "note" ? [event.text] : []));
      expect(notes).toContain(`Installing with \`${settings.installCommand}\`.`);
      expect(notes).toContain(`Building with \`${settings.command}\`.`);
    });

    it("a field of the app's config wins over the same one of the settings", async () => {
      const files = {
        ...WEB,
        "apps/web/atelier.config.ts": `export default { build: { command: "mkdir a && echo config > a/a.txt" } };`,
      };
      const job = await createJob(world, files, { ...ROOT, command: "exit 3", output: path("a") });
      expect((await runJob(world, job)).rest).toMatchObject({ type: "built", files: 1 });
      expect((await readManifest(world, job)).files.map((file) => file.sha256)).toEqual([digestOf("config\n")]);
    });

    it("a member of an npm workspace is installed by the lockfile at the top", async () => {
      const web = { name: "web", version: "1.0.0", scripts: { build: "make-page" }, dependencies: { ui: "*" } };
      const ui = { name: "ui", version: "1.0.0", bin: { "make-page": "make-page.js" } };
      const packages = {
        "": { name: "top", workspaces: ["apps/web", "packages/*"] },
        "apps/web": { version: "1.0.0", dependencies: { ui: "*" } },
        "node_modules/ui": { resolved: "packages/ui", link: true },
        "node_modules/web": { resolved: "apps/web", link: true },
        "packages/ui": { version: "1.0.0", bin: { "make-page": "make-page.js" } },
      };
      const { rest, events } = await runApp(
        world,
        {
          "package.json": JSON.stringify({ name: "top", private: true, workspaces: ["apps/web", "packages/*"] }),
          "package-lock.json": JSON.stringify({ name: "top", lockfileVersion: 3, requires: true, packages }),
          "apps/web/package.json": JSON.stringify(web),
          "packages/ui/package.json": JSON.stringify(ui),
          "packages/ui/make-page.js": `#!/usr/bin/env node
            const fs = require("node:fs");
            fs.mkdirSync("dist");
            fs.writeFileSync("dist/index.html", "made by ui");
          `,
        },
        ROOT,
      );
      expect(rest).toMatchObject({ type: "built", files: 1, bytes: "made by ui".length });
      expect(outputOf(events)).not.toContain("npm error");
    });

    it("a folder beside an npm workspace is installed for itself", async () => {
      const packages = { "": { name: "top", workspaces: ["packages/*"] } };
      const { rest } = await runApp(
        world,
        {
          "package.json": JSON.stringify({ name: "top", private: true, workspaces: ["packages/*"] }),
          "package-lock.json": JSON.stringify({ name: "top", lockfileVersion: 3, requires: true, packages }),
          ...WEB,
        },
        ROOT,
      );
      expect(rest).toMatchObject({ type: "built", files: 1 });
    });

    /** Code of the app that puts a link to another folder in the place of its own. */
    const swap = (target: string) => `
      import { renameSync, symlinkSync } from "node:fs";
      const here = process.cwd();
      renameSync(here, here + "-before");
      symlinkSync(${JSON.stringify(target)}, here);
    `;
    const OUTSIDE = "\u0000outside";

    it.each<[string, AppFiles, Parameters<typeof createJob>[2], FailureReason, BuildStep, RegExp]>([
      ["it is not in the source", WEB, { root: path("apps/shop") }, "root_missing", "config", /no folder apps\/shop/],
      ["it only begins like a folder", WEB, { root: path("apps/we") }, "root_missing", "config", /no folder apps\/we /],
      [
        "it is a file",
        WEB,
        { root: path("apps/web/package.json") },
        "root_missing",
        "config",
        /no folder apps\/web\/package\.json/,
      ],
      [
        "it has no package.json",
        { ...WEB, "docs/a.txt": "" },
        { root: path("docs") },
        "package_json_missing",
        "install",
        /no package\.json in docs\./,
      ],
      [
        "its config is wrong",
        { ...WEB, "apps/web/atelier.config.ts": "export default 3;" },
        ROOT,
        "config_invalid",
        "config",
        /^apps\/web\/atelier\.config\.ts: must export an object/,
      ],
      [
        "the install command fails",
        WEB,
        { ...ROOT, installCommand: "exit 4" },
        "install_failed",
        "install",
        /^`exit 4` ended with exit code 4\.$/,
      ],
      [
        "its config puts a link to the machine in its place",
        { ...WEB, "apps/web/atelier.config.ts": `${swap(OUTSIDE)} export default {};` },
        ROOT,
        "install_failed",
        "install",
        /removed the folder apps\/web, or put a link in its place/,
      ],
      [
        "its install puts a link to the machine in its place",
        { ...WEB, "apps/web/swap.mjs": swap(OUTSIDE) },
        { ...ROOT, installCommand: "node swap.mjs" },
        "build_failed",
        "build",
        /put a link in its place/,
      ],
      [
        "its build puts a link to the machine in its place",
        below("apps/web", appWithBuild(swap(OUTSIDE))),
        ROOT,
        "output_missing",
        "collect",
        /put a link in its place/,
      ],
      [
        "its build removes it",
        below("apps/web", appWithBuild(`import fs from "node:fs"; fs.rmSync(process.cwd(), { recursive: true });`)),
        ROOT,
        "output_missing",
        "collect",
        /removed the folder/,
      ],
      [
        "its output leads to another app of the source",
        {
          "apps/other/secret.txt": "",
          ...below("apps/web", appWithBuild(`import fs from "node:fs"; fs.symlinkSync("../other", "dist");`)),
        },
        ROOT,
        "output_link_refused",
        "collect",
        /^dist leads out/,
      ],
    ])("a root fails when %s", async (_, files, settings, reason, step, detail) => {
      const own = Object.fromEntries(
        Object.entries(files).map(([name, text]) => [
          name,
          String(text).replaceAll(JSON.stringify(OUTSIDE), JSON.stringify(outside)),
        ]),
      );
      const { rest, events } = await runApp(world, own, settings);
      expect(rest).toMatchObject({ type: "failed", reason, step, detail: expect.stringMatching(detail) });
      expect(outputOf(events)).not.toContain("secret of the machine");
    });

    it.each([
      [{ root: "../other" }],
      [{ root: "/etc" }],
      [{ root: "apps/../../other" }],
      [{ output: "../dist" }],
      [{ command: "true\nrm -rf /" }],
      [{ installCommand: "true\u0000" }],
      [{ colour: "red" }],
    ])("the settings %j are no job", async (change) => {
      const job = await createJob(world, WEB);
      const settings = { ...job.settings, ...change };
      const answer = await callBuilder(world, "PUT", `/builds/${job.deployment}`, { ...job, settings });
      expect(answer.status).toBe(422);
    });

    it("a job from before there were settings is built as ever", async () => {
      const { settings: _, ...job } = await createJob(world, appWithBuild(write("dist", '"old"')));
      const answer = await callBuilder(world, "PUT", `/builds/${job.deployment}`, job);
      expect(answer.status).toBe(202);
    });
  });
}
