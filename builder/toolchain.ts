/** The programs that decide a build besides its source and env, and the digest that stands for them in the input hash. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { arch, platform } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Toolchain } from "../schema/contracts/build.ts";
import { sha256 } from "../schema/digest.ts";
import type { SandboxTools } from "./sandbox.ts";

/** The builder's own rules (flags, order of steps, fingerprints, types). Raise it when the same input gives another bundle. */
const RULES_VERSION = "2";

/** `searchPath` is the PATH to find npm on. Throws when there is none. */
export function findTools(searchPath: string): SandboxTools {
  return {
    node: realpathSync(process.execPath),
    npm: findNpm([dirname(process.execPath), ...searchPath.split(delimiter)]),
    configEvaluator: fileURLToPath(new URL("./evaluate-config.ts", import.meta.url)),
  };
}

/** `npm` on the PATH is a link into its package: `<package>/bin/npm-cli.js`. */
function findNpm(folders: readonly string[]): string {
  for (const command of folders.filter(Boolean).map((folder) => join(folder, "npm"))) {
    if (!existsSync(command)) continue;
    const folder = dirname(dirname(realpathSync(command)));
    if (existsSync(join(folder, "bin/npm-cli.js"))) return folder;
  }
  throw new Error("npm was not found on the PATH");
}

const NpmPackage = z.object({ version: z.string() });

export async function readToolchain({ npm }: SandboxTools): Promise<Toolchain> {
  const npmPackage = NpmPackage.parse(JSON.parse(readFileSync(join(npm, "package.json"), "utf8")));
  // In the order of the alphabet, so that the digest does not depend on how this is written.
  const versions = {
    arch: arch(),
    node: process.version,
    npm: npmPackage.version,
    platform: platform(),
    rules: RULES_VERSION,
  };
  return { versions, digest: await sha256(JSON.stringify(versions)) };
}
