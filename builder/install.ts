/** Step `install`: the app's dependencies, by npm, in the sandbox, with a cache that only this project uses. */
import { join } from "node:path";
import type { RelativePath } from "../schema/relative-path.ts";
import type { Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { foldersUpwards } from "./app-folder.ts";
import { createBuildEnv } from "./build-env.ts";
import type { BuildFailure } from "./failure.ts";
import { chooseNpmCommand } from "./lockfile.ts";
import { type BuildContext, oneLine, runCommand } from "./run-command.ts";

/** Build tools are devDependencies, whatever the project's own npm settings leave out. */
const FLAGS = ["--include=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress"] as const;

/**
 * `files` are those of the whole source. npm finds the workspace that the app's folder is a member of by itself, and then
 * installs at its top what the app needs.
 *
 * @param configured a shell command instead of npm's
 */
export async function installDependencies(
  context: BuildContext,
  files: readonly SourceFile[],
  configured: string | null,
): Promise<Result<null, BuildFailure>> {
  const { folders, sandbox, log } = context;
  const inside = sandbox.inside(folders);
  const command = {
    env: createBuildEnv(inside, context.packageManagerEnv),
    timeoutMs: context.limits.timeoutMs,
    failure: "install_failed",
  } as const;
  if (configured !== null) {
    log.note(`Installing with \`${oneLine(configured)}\`.`);
    return runCommand(context, { ...command, label: oneLine(configured), argv: ["/bin/sh", "-c", configured] });
  }
  const npmCommand = await chooseNpmCommand(folders, files);
  if (npmCommand === "install") for (const note of foreignLockfileNotes(files, folders.appRoot)) log.note(note);
  return runCommand(context, {
    ...command,
    label: `npm ${npmCommand}`,
    argv: [inside.node, inside.npmCli, npmCommand, ...FLAGS],
  });
}

/** npm looks into a yarn.lock when there is no lockfile of its own, but does not hold itself to it as `npm ci` does. */
const FOREIGN_LOCKFILES = {
  "yarn.lock": "which takes it for a hint at most",
  "pnpm-lock.yaml": "which does not read it",
} as const;

/** What people should know who rely on another package manager's lockfile. */
export function foreignLockfileNotes(files: readonly SourceFile[], root: RelativePath | null): string[] {
  const folders = foldersUpwards(root);
  return Object.entries(FOREIGN_LOCKFILES)
    .filter(([name]) => files.some(({ path }) => folders.some((folder) => path === join(folder, name))))
    .map(
      ([name, use]) => `${name} found: installs are done with npm, ${use}. Add a package-lock.json to fix versions.`,
    );
}
