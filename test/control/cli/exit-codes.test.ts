/** How commands end: the exit codes that scripts rely on, and a message that says what to do. */
import type { ChildProcess } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Deployment } from "../../../schema/contracts/deployments.ts";
import { createProblem } from "../../../schema/contracts/problem.ts";
import { FAILURES } from "../../../schema/lifecycle.ts";
import { type FakeApi, QUICK_PLAY } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { runCli, startCliWithApi } from "./run-cli.ts";

const APP = { "package.json": '{"name":"hello"}' };

describe.concurrent("exit code 1: the build failed or the API refused", () => {
  const failing = {
    lines: [
      ...Array.from({ length: 60 }, (_, index) => ({
        kind: "output" as const,
        step: "build" as const,
        text: `output ${index + 1}`,
      })),
      { kind: "error" as const, step: "build" as const, text: "Unexpected token" },
    ],
    failure: { reason: "build_failed" as const, detail: "vite build ended with exit code 1" },
  };

  it("a failed build gives its reason, what to do, the last 40 lines of the log, and no URL", async () => {
    const { api, run } = await startCliWithApi();
    api.play = failing;
    const { code, stdout, stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/✖ Build/);
    expect(stderr).toMatch(/error: vite build ended with exit code 1\. \(build_failed\)/);
    expect(stderr).toContain("The build command ended with an error.");
    expect(stderr).toMatch(/atelier logs dpl_/);
    expect(stderr.match(/output \d+/g)).toEqual(Array.from({ length: 39 }, (_, index) => `output ${index + 22}`));
    expect(stderr).toContain("Unexpected token");
  });

  it("a failed build is told once, though the log ends with it", async () => {
    const { api, run } = await startCliWithApi();
    const { help } = FAILURES.output_empty;
    api.play = {
      lines: [
        { kind: "error", step: "collect", text: "a warning of the build" },
        { kind: "error", step: "collect", text: `output_empty: The output folder has no files. ${help}` },
      ],
      failure: { reason: "output_empty", detail: "The output folder has no files." },
    };
    const { stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    expect(stderr).toContain("The last line of the log:\n\n    a warning of the build\n");
    expect(stderr.match(/output_empty/g)).toHaveLength(1);
    expect(stderr.match(/The output folder has no files\./g)).toHaveLength(1);
  });

  it("a failed build is a deployment too with --json", async () => {
    const { api, run } = await startCliWithApi();
    api.play = failing;
    const { code, stdout } = await run(["deploy", "--json"], { cwd: await makeFolder(APP) });
    expect(code).toBe(1);
    expect(Deployment.parse(JSON.parse(stdout)).failure?.reason).toBe("build_failed");
  });

  it("a refusal is told in the API's words, with its code", async () => {
    const { api, run } = await startCliWithApi();
    const { id } = await api.addDeployment(api.addProject("hello"));
    const { code, stdout, stderr } = await run(["promote", id, "--expected-rev", "5"], { cwd: await makeFolder() });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^\nerror: The test says rev_conflict \w+\. \(rev_conflict\)\n$/);
  });

  it("a project that does not exist is a refusal for all but deploy", async () => {
    const { run } = await startCliWithApi();
    const { code, stderr } = await run(["rollback", "-p", "nowhere"], { cwd: await makeFolder() });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'There is no project nowhere. "atelier projects" lists those there are. (project_not_found)',
    );
  });

  it("a project that nobody named says where its name is from", async () => {
    const { run } = await startCliWithApi();
    const { code, stderr } = await run(["list"], { cwd: await makeFolder(APP), env: { npm_command: "exec" } });
    expect(code).toBe(1);
    expect(stderr).toContain("There is no project hello (from ./package.json; choose with --project).");
    expect(stderr).toContain('"npx atelier projects" lists');
  });
});

describe.concurrent("exit code 2: called wrongly, nothing was sent", () => {
  it.each([
    ["an unknown command", ["deplyo"], /unknown command/],
    ["no command", [], /Usage: atelier/],
    ["an unknown option", ["deploy", "--prod"], /unknown option '--prod'/],
    ["a missing operand", ["promote"], /missing required argument 'deployment'/],
    ["an operand too many", ["deploy", "a", "b"], /too many arguments/],
    ["a pull request without a number", ["deploy", "--pr", "main"], /number of a pull request/],
    ["a limit beyond the API's", ["list", "--limit", "101"], /at most 100/],
    ["a slug that is none", ["deploy", "--project", "My_App"], /--project gives no usable slug: "My_App" must be/],
    [
      "an argument that is no slug",
      ["projects", "create", "Bad Slug"],
      /The argument 'slug' is no usable slug: "Bad Slug" must be .*my-app\.\n/,
    ],
    ["a folder that is not there", ["deploy", "nowhere", "-p", "hello"], /There is no folder .*nowhere/],
    ["one that nothing names either", ["deploy", "nowhere"], /There is no folder .*nowhere/],
    ["text that is no deployment", ["logs", "latest"], /"latest" is not a deployment/],
    ["an API that is no address", ["list", "--api", "base.localhost"], /is not the address of an API/],
  ] as const)("%s", async (_, args, message) => {
    const { api, run } = await startCliWithApi();
    const { code, stdout, stderr } = await run(args, { cwd: await makeFolder(APP) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(api.seen).toEqual([]);
  });

  it("a folder without a name says how to name the project", async () => {
    const { run } = await startCliWithApi();
    const { code, stderr } = await run(["deploy"], { cwd: await makeFolder({ "index.html": "" }) });
    expect(code).toBe(2);
    expect(stderr).toMatch(/no package\.json with a name\. Name the project with --project <slug>/);
  });

  it("Atelier itself is not deployed, under whatever name", async () => {
    const { api, run } = await startCliWithApi();
    const cwd = await makeFolder(APP);
    await symlink(join(import.meta.dirname, "../../.."), join(cwd, "atelier"));
    const { code, stderr } = await run(["deploy", "atelier", "-p", "hello"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("This is Atelier itself; name your app's folder: atelier deploy ../my-app");
    expect(api.seen).toEqual([]);
  });

  it.each(["promote", "inspect", "logs"])("%s of a deployment of another project names both", async (command) => {
    const { api, run } = await startCliWithApi();
    api.addProject("shop");
    const { id } = await api.addDeployment(api.addProject("hello"));
    const { code, stdout, stderr } = await run([command, id, "-p", "shop"], { cwd: await makeFolder() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${id} belongs to the project hello, not to shop.`);
    expect(api.seen.filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("a symbolic link is named", async () => {
    const { api, run } = await startCliWithApi();
    const cwd = await makeFolder(APP);
    await symlink("/etc/passwd", join(cwd, "users.txt"));
    const { code, stderr } = await run(["deploy"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/"users\.txt" can not be deployed: it is a symbolic link/);
    expect(api.seen).toEqual([]);
  });

  it("a beginning that several deployments share lists them", async () => {
    const { api, run } = await startCliWithApi();
    const project = api.addProject("hello");
    const first = await api.addDeployment(project);
    const second = await api.addDeployment(project);
    const { code, stderr } = await run(["inspect", first.id.slice(0, 12)], { cwd: await makeFolder(APP) });
    expect(code).toBe(2);
    expect(stderr).toContain(first.id);
    expect(stderr).toContain(second.id);
  });
});

describe.concurrent("exit code 3: the token", () => {
  it("no token at all", async () => {
    const { api } = await startCliWithApi();
    const { code, stderr } = await runCli(["list"], { cwd: await makeFolder(APP), env: { ATELIER_API: api.url } });
    expect(code).toBe(3);
    expect(stderr).toMatch(/There is no token for .*Set ATELIER_TOKEN or pass --token/);
    expect(api.seen).toEqual([]);
  });

  it("a token that the API does not know", async () => {
    const { api, run } = await startCliWithApi();
    const { code, stderr } = await run(["list", "--token", "atl_wrong"], { cwd: await makeFolder(APP) });
    expect(code).toBe(3);
    expect(stderr).toMatch(/Check ATELIER_TOKEN or --token\. \(token_unknown\)/);
    expect(api.seen).toHaveLength(1);
  });

  it("is named once when the API names it", async () => {
    const { api, run } = await startCliWithApi();
    const problem = createProblem("token_unknown", "This token is not known. Check ATELIER_TOKEN.");
    api.onRequest = () => ({ status: problem.status, text: JSON.stringify(problem) });
    const { stderr } = await run(["list"], { cwd: await makeFolder(APP) });
    expect(stderr).toContain("error: This token is not known. Check ATELIER_TOKEN. (token_unknown)\n");
  });

  it("is looked for where --help says", async () => {
    const { stdout } = await runCli(["--help"], { cwd: await makeFolder() });
    expect(stdout.replace(/\s+/g, " ")).toContain("$ATELIER_TOKEN, else as in .atelier/credentials.json");
  });
});

describe.concurrent("exit code 4: what happened is not known", () => {
  it("nobody listens", async () => {
    const { api, run } = await startCliWithApi();
    await api.close();
    const { code, stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    expect(code).toBe(4);
    expect(stderr).toMatch(/gives no answer: connect ECONNREFUSED/);
    expect(stderr).toMatch(/Nothing was deployed\./);
  });

  it("the network is lost while waiting", async () => {
    const { api, run } = await startCliWithApi();
    api.play = { lines: QUICK_PLAY.lines, breaks: [2] };
    let lost = false;
    api.onRequest = ({ path }) => {
      lost ||= path.startsWith("/deployments/");
      return lost ? "drop" : undefined;
    };
    const { code, stdout, stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(/goes on without this command\. Follow it with: atelier logs -f dpl_/);
  });

  it("the API breaks while the deployment is being started, each time", async () => {
    const { api, run } = await startCliWithApi();
    api.onRequest = ({ path }) => (path.endsWith("/deployments") ? { problem: "internal_error" } : undefined);
    const { code, stderr } = await run(["deploy"], { cwd: await makeFolder(APP) });
    const keys = api.seen.filter(({ path }) => path.endsWith("/deployments")).map((s) => s.headers["idempotency-key"]);
    expect(code).toBe(4);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    expect(stderr).toMatch(/\(internal_error\)/);
    expect(stderr).toMatch(/may have been started: "atelier list --project hello" shows whether it was/);
  });

  it("something else answers at that address", async () => {
    const { api, run } = await startCliWithApi();
    api.onRequest = () => ({ status: 200, text: "<!doctype html><title>Welcome</title>" });
    const { code, stderr } = await run(["projects"], { cwd: await makeFolder() });
    expect(code).toBe(4);
    expect(stderr).toMatch(/something this CLI can not read\. Is that the address of an Atelier API/);
    expect(api.seen).toHaveLength(1);
  });
});

describe.concurrent("exit code 130: Ctrl-C", () => {
  it("while waiting, says that the deployment goes on and how to follow it", async () => {
    const { api, run } = await startCliWithApi();
    api.play = { ...QUICK_PLAY, hangs: true };
    const { code, stderr } = await run(["deploy"], {
      cwd: await makeFolder(APP),
      onStart: (child) => interruptOnce(api, child, (path) => path.includes("/logs")),
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted\. The deployment goes on without this command/);
    expect(stderr).toMatch(/atelier logs -f dpl_/);
  });

  it("before anything was started, says that nothing was deployed", async () => {
    const { api, run } = await startCliWithApi();
    const { code, stderr } = await run(["deploy"], {
      cwd: await makeFolder(APP),
      onStart: (child) => interruptOnce(api, child, (path) => path.endsWith("/sources"), "drop"),
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted\. Nothing was deployed\./);
  });
});

/** Sends the signal when the request comes in that `matches`. */
function interruptOnce(api: FakeApi, child: ChildProcess, matches: (path: string) => boolean, bend?: "drop"): void {
  api.onRequest = ({ path }) => {
    if (!matches(path)) return undefined;
    child.kill("SIGINT");
    return bend;
  };
}
