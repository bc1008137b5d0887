/** Step `build`: the app's own build command, in the sandbox. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { AtelierConfig } from "../schema/contracts/atelier-config.ts";
import { ok, type Result } from "../schema/result.ts";
import { createCompileEnv } from "./build-env.ts";
import { type BuildFailure, fail } from "./failure.ts";
import type { PackageJson } from "./package-json.ts";
import { type BuildContext, type Command, runCommand } from "./run-command.ts";
import type { InsidePaths } from "./sandbox.ts";

const VITE = "node_modules/.bin/vite";

export async function compileApp(
  context: BuildContext,
  config: AtelierConfig,
  packageJson: PackageJson,
): Promise<Result<null, BuildFailure>> {
  const vite = await lstat(join(context.folders.workspace, VITE)).catch(() => null);
  const chosen = chooseBuildCommand({
    configured: config.build?.command,
    scripts: packageJson.scripts,
    hasVite: vite !== null,
  });
  if (!chosen.ok) return chosen;
  const inside = context.sandbox.inside(context.folders);
  context.log.note(`Building with \`${labelOf(chosen.value)}\`.`);
  return runCommand(context, {
    label: labelOf(chosen.value),
    argv: argvOf(chosen.value, inside),
    env: createCompileEnv(inside, context.packageManagerEnv),
    timeoutMs: context.limits.timeoutMs,
    failure: "build_failed",
  });
}

export type BuildCommand =
  | { readonly kind: "shell"; readonly command: string }
  | { readonly kind: "npm-script"; readonly script: "build" }
  | { readonly kind: "vite" };

export function chooseBuildCommand(app: {
  readonly configured: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  readonly hasVite: boolean;
}): Result<BuildCommand, BuildFailure> {
  if (app.configured !== undefined) return ok({ kind: "shell", command: app.configured });
  if (Object.hasOwn(app.scripts, "build")) return ok({ kind: "npm-script", script: "build" });
  if (app.hasVite) return ok({ kind: "vite" });
  return fail(
    "build_failed",
    "There is nothing to build with: add a `build` script to package.json, set build.command in atelier.config.ts, or add vite to the devDependencies.",
  );
}

function labelOf(command: BuildCommand): string {
  switch (command.kind) {
    case "shell":
      return command.command;
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
      return [node, join(workspace, VITE), "build"];
    default:
      return command satisfies never;
  }
}
