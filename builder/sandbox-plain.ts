/**
 * Without bubblewrap: a separate process group and a bare environment, and as root another account. It keeps honest builds
 * apart, not hostile ones: a process that leaves its group survives its step, and without another account it can read
 * whatever the builder can.
 */
import { dirname, join } from "node:path";
import { type JobFolders, writtenFolders } from "./job-folders.ts";
import { runProcess } from "./run-process.ts";
import { ownerAt, type Sandbox, type SandboxRequest, type SandboxTools } from "./sandbox.ts";

export function createPlainSandbox(tools: SandboxTools, firstUid: number | null): Sandbox {
  return {
    kind: "plain",
    ownerOf: (place) => ownerAt(firstUid, place),
    warning: `Builds are not isolated: they run as plain processes ${
      firstUid ? "of another account" : "of the builder's own account"
    }. Install bubblewrap before you build code that you do not trust.`,

    inside: (folders: JobFolders) => ({
      workspace: folders.workspace,
      home: folders.home,
      tmp: folders.tmp,
      config: folders.config,
      cache: folders.cache,
      node: tools.node,
      npmCli: join(tools.npm, "bin/npm-cli.js"),
      configEvaluator: tools.configEvaluator,
      // npm's own bin folder has `npm` and `npx` as shell scripts.
      path: [dirname(tools.node), join(tools.npm, "bin"), "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    }),

    async run({ folders, argv: [file, ...args], ...request }: SandboxRequest) {
      const { outcome } = await runProcess({
        file,
        args,
        cwd: folders.workspace,
        owner: folders.owner,
        diskFolders: writtenFolders(folders),
        ...request,
      });
      return outcome;
    },
  };
}
