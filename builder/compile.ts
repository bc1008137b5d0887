/** Step `build`: the app's own build command, in the sandbox. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { ok, type Result } from "../schema/result.ts";
import type { Variable } from "../schema/variable.ts";
import { foldersUpwards } from "./app-folder.ts";
import { createCompileEnv, toVariableEnv } from "./build-env.ts";
import { type BuildFailure, fail } from "./failure.ts";
import type { JobFolders } from "./job-folders.ts";
import type { PackageJson } from "./package-json.ts";
import { type BuildContext, type Command, oneLine, runCommand } from "./run-command.ts";
import type { InsidePaths } from "./sandbox.ts";

const VITE = "node_modules/.bin/vite";

export async function compileApp(
  context: BuildContext,
  configured: string | undefined,
  packageJson: PackageJson,
  variables: readonly Variable[],
): Promise<Result<null, BuildFailure>> {
  const { folders } = context;
  const vite = await findVite(folders);
  const chosen = chooseBuildCommand({ configured, scripts: packageJson.scripts, vite });
  if (!chosen.ok) return chosen;
  const inside = context.sandbox.inside(context.folders);
  context.log.note(`Building with \`${labelOf(chosen.value)}\`.`);
  return runCommand(context, {
    label: labelOf(chosen.value),
    argv: argvOf(chosen.value, inside),
    env: createCompileEnv(inside, context.packageManagerEnv, folders.appRoot),
    appEnv: toVariableEnv(variables),
    timeoutMs: context.limits.timeoutMs,
    failure: "build_failed",
  });
}

export type BuildCommand =
  | { readonly kind: "shell"; readonly command: string }
  | { readonly kind: "npm-script"; readonly script: "build" }
  /** `path` is from the workspace. */
  | { readonly kind: "vite"; readonly path: string };

export function chooseBuildCommand(app: {
  readonly configured: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  /** Where it is, from the workspace; null when it is not installed. */
  readonly vite: string | null;
}): Result<BuildCommand, BuildFailure> {
  if (app.configured !== undefined) return ok({ kind: "shell", command: app.configured });
  if (Object.hasOwn(app.scripts, "build")) return ok({ kind: "npm-script", script: "build" });
  if (app.vite !== null) return ok({ kind: "vite", path: app.vite });
  return fail(
    "build_failed",
    "There is nothing to build with: add a `build` script to package.json, set build.command in atelier.config.ts, or add vite to the devDependencies.",
  );
}

/** npm installs a workspace's packages at the top, where they serve the folders below. */
async function findVite({ workspace, appRoot }: JobFolders): Promise<string | null> {
  for (const path of foldersUpwards(appRoot).map((folder) => join(folder, VITE))) {
    if (await lstat(join(workspace, path)).catch(() => null)) return path;
  }
  return null;
}

function labelOf(command: BuildCommand): string {
  switch (command.kind) {
    case "shell":
      return oneLine(command.command);
    case "npm-script":
      return `npm run ${command.script}`;
    case "vite":
      return "vite build";
    default:
      return command satisfies never;
  }
}

function argvOf(command: BuildCommand, { node, npmCli, workspace }: InsidePaths): Command["argv"] {
  switch (command.kind) {
    case "shell":
      return ["/bin/sh", "-c", command.command];
    case "npm-script":
      return [node, npmCli, "run", command.script];
    case "vite":
      return [node, join(workspace, command.path), "build"];
    default:
      return command satisfies never;
  }
}
