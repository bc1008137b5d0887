import { describe, expect, it } from "vitest";
import { QUICK_PLAY } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { runCli, startCliWithApi } from "./run-cli.ts";

/** As an older Node is: it has no way to run TypeScript. */
const WITHOUT_TYPES = ["--no-strip-types"];

describe.concurrent("the launcher under a Node that can not run TypeScript", () => {
  it("starts the Node of the package, with its arguments, output and exit code", async () => {
    const cwd = await makeFolder();
    const version = await runCli(["--version"], { cwd, nodeFlags: WITHOUT_TYPES });
    expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
    const wrong = await runCli(["list", "--limit", "0"], { cwd, nodeFlags: WITHOUT_TYPES });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/argument '0' is invalid/);
  });

  it("passes Ctrl-C through and waits for what the command makes of it", async () => {
    const { api, run } = await startCliWithApi();
    api.play = { ...QUICK_PLAY, hangs: true };
    const { code, stderr } = await run(["deploy"], {
      cwd: await makeFolder({ "package.json": '{"name":"hello"}' }),
      nodeFlags: WITHOUT_TYPES,
      onStart: (child) => {
        api.onRequest = ({ path }) => {
          if (path.includes("/logs")) child.kill("SIGINT");
          return undefined;
        };
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/The deployment goes on without this command/);
  });
});
