/** What the builder needs to know of the app's package.json. Read before anything of the app runs. */
import { join } from "node:path";
import { z } from "zod";
import { ok, type Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { type BuildFailure, describeError, fail } from "./failure.ts";
import { readRegularFile } from "./regular-file.ts";

const PackageJson = z.object({ scripts: z.record(z.string(), z.string()).default({}) });
export type PackageJson = z.infer<typeof PackageJson>;

const MAX_BYTES = 1024 * 1024;

export async function readPackageJson(
  workspace: string,
  files: readonly SourceFile[],
): Promise<Result<PackageJson, BuildFailure>> {
  if (!files.some(({ path }) => path === "package.json")) {
    return fail("package_json_missing", "There is no package.json at the top of the source.");
  }
  const text = await readRegularFile(join(workspace, "package.json"), MAX_BYTES);
  if (text === null) return fail("install_failed", `package.json is larger than ${MAX_BYTES} bytes.`);
  try {
    return ok(PackageJson.parse(JSON.parse(text.toString())));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : describeError(error);
    return fail("install_failed", `package.json can not be read: ${detail}`);
  }
}
