/**
 * Without bubblewrap: a separate process group and a bare environment, and as root another account. It keeps honest builds
 * apart, not hostile ones: a process that leaves its group survives its step, and without another account it can read
 * whatever the builder can.
 */
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type JobFolders, writtenFolders } from "./job-folders.ts";
import { runProcess } from "./run-process.ts";
import { ownerAt, type Sandbox, type SandboxRequest, type SandboxTools } from "./sandbox.ts";

export async function createPlainSandbox(
  tools: SandboxTools,
  { workDir, firstUid }: { readonly workDir: string; readonly firstUid: number | null },
): Promise<Sandbox> {
  const commands = await linkCommands(tools, join(workDir, "bin"));
  return {
    kind: "plain",
    ownerOf: (place) => ownerAt(firstUid, place),
    warning: `Builds are not isolated: they run as plain processes ${
      firstUid ? "of another account" : "of the builder's own account"
    }. Install bubblewrap before you build code that you do not trust.`,

    inside: (folders: JobFolders) => ({
      workspace: folders.workspace,
      app: join(folders.workspace, folders.appRoot ?? ""),
      home: folders.home,
      tmp: folders.tmp,
      config: folders.config,
      cache: folders.cache,
      node: tools.node,
      npmCli: join(tools.npm, "bin/npm-cli.js"),
      configEvaluator: tools.configEvaluator,
      path: [commands, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    }),

    async run({ folders, argv: [file, ...args], env, appEnv, ...request }: SandboxRequest) {
      const { outcome } = await runProcess({
        file,
        args,
        cwd: join(folders.workspace, folders.appRoot ?? ""),
        owner: folders.owner,
        diskFolders: writtenFolders(folders),
        env: { ...env, ...appEnv },
        ...request,
      });
      return outcome;
    },
  };
}

/** The scripts `npm` and `npx` in npm's own bin folder work only beside the Node that brought them. */
async function linkCommands({ node, npm }: SandboxTools, folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o755 });
  await symlink(node, join(folder, "node"));
  for (const name of ["npm", "npx"]) await symlink(join(npm, `bin/${name}-cli.js`), join(folder, name));
  return folder;
}
