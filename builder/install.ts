/** Step `install`: the app's dependencies, by npm, in the sandbox, with a cache that only this project uses. */
import type { Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { createBuildEnv } from "./build-env.ts";
import type { BuildFailure } from "./failure.ts";
import { type BuildContext, runCommand } from "./run-command.ts";

const LOCKFILES: ReadonlySet<string> = new Set(["package-lock.json", "npm-shrinkwrap.json"]);
/** Build tools are devDependencies, whatever the project's own npm settings leave out. */
const FLAGS = ["--include=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress"] as const;

export function installDependencies(
  context: BuildContext,
  files: readonly SourceFile[],
): Promise<Result<null, BuildFailure>> {
  const inside = context.sandbox.inside(context.folders);
  const command = installCommand(files);
  for (const note of lockfileNotes(files)) context.log.note(note);
  return runCommand(context, {
    label: `npm ${command}`,
    argv: [inside.node, inside.npmCli, command, ...FLAGS],
    env: createBuildEnv(inside, context.packageManagerEnv),
    timeoutMs: context.limits.timeoutMs,
    failure: "install_failed",
  });
}

/** npm looks into a yarn.lock when there is no lockfile of its own, but does not hold itself to it as `npm ci` does. */
const FOREIGN_LOCKFILES = {
  "yarn.lock": "which takes it for a hint at most",
  "pnpm-lock.yaml": "which does not read it",
} as const;

/** What people should know who rely on another package manager's lockfile. */
export function lockfileNotes(files: readonly SourceFile[]): string[] {
  if (installCommand(files) === "ci") return [];
  return Object.entries(FOREIGN_LOCKFILES)
    .filter(([name]) => files.some(({ path }) => path === name))
    .map(
      ([name, use]) => `${name} found: installs are done with npm, ${use}. Add a package-lock.json to fix versions.`,
    );
}

/** With a lockfile exactly what it says; without one, what the ranges allow today. */
export function installCommand(files: readonly SourceFile[]): "ci" | "install" {
  return files.some(({ path }) => LOCKFILES.has(path)) ? "ci" : "install";
}
