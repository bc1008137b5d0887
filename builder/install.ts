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
  return runCommand(context, {
    label: `npm ${command}`,
    argv: [inside.node, inside.npmCli, command, ...FLAGS],
    env: createBuildEnv(inside, context.packageManagerEnv),
    timeoutMs: context.limits.timeoutMs,
    failure: "install_failed",
  });
}

/** With a lockfile exactly what it says; without one, what the ranges allow today. */
export function installCommand(files: readonly SourceFile[]): "ci" | "install" {
  return files.some(({ path }) => LOCKFILES.has(path)) ? "ci" : "install";
}
