/** The environment of the app's code: made from nothing, never from the builder's own. */
import { join } from "node:path";
import type { RelativePath } from "../schema/relative-path.ts";
import type { Variable } from "../schema/variable.ts";
import { foldersUpwards } from "./app-folder.ts";
import type { PackageManagerEnv } from "./env.ts";
import type { InsidePaths } from "./sandbox.ts";

/** For the evaluation of the config and the install. NODE_ENV is absent: with `production` npm would leave devDependencies out. */
export function createBuildEnv(inside: InsidePaths, packageManagerEnv: PackageManagerEnv): Record<string, string> {
  return {
    ...packageManagerEnv,
    PATH: inside.path,
    HOME: inside.home,
    TMPDIR: inside.tmp,
    LANG: "C.UTF-8",
    CI: "true",
    npm_config_cache: inside.cache,
  };
}

/** The app's variables, for the build command alone: what packages run while they are installed sees none of them. */
export function toVariableEnv(variables: readonly Variable[]): Record<string, string> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

/**
 * For the build command, which also finds the commands of its packages, as in an npm script: those of the app's folder, then
 * those of the folders around it.
 */
export function createCompileEnv(
  inside: InsidePaths,
  packageManagerEnv: PackageManagerEnv,
  appRoot: RelativePath | null,
): Record<string, string> {
  const env = createBuildEnv(inside, packageManagerEnv);
  const commands = foldersUpwards(appRoot).map((folder) => join(inside.workspace, folder, "node_modules/.bin"));
  return { ...env, NODE_ENV: "production", PATH: [...commands, env.PATH].join(":") };
}
