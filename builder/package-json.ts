/** What the builder needs to know of the app's package.json. Read before anything of the app runs. */
import { join } from "node:path";
import { z } from "zod";
import { ok, type Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { findAppFolder } from "./app-folder.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { describeIssues } from "./issues.ts";
import type { JobFolders } from "./job-folders.ts";
import { readRegularFile } from "./regular-file.ts";
import { describeGone } from "./run-command.ts";

/** What npm makes of other values is its own affair: only the names count here. */
const Packages = z.record(z.string(), z.unknown()).default({}).catch({});

const PackageJson = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: Packages,
  devDependencies: Packages,
});
export type PackageJson = z.infer<typeof PackageJson>;

export function packagesOf({ dependencies, devDependencies }: PackageJson): ReadonlySet<string> {
  return new Set(Object.keys({ ...dependencies, ...devDependencies }));
}

const MAX_BYTES = 1024 * 1024;

/** `files` are those of the app's folder. */
export async function readPackageJson(
  folders: JobFolders,
  files: readonly SourceFile[],
): Promise<Result<PackageJson, BuildFailure>> {
  if (!files.some(({ path }) => path === "package.json")) {
    const place = folders.appRoot === null ? "at the top of the source" : `in ${folders.appRoot}`;
    return fail("package_json_missing", `There is no package.json ${place}.`);
  }
  const app = await findAppFolder(folders);
  if (app === null) return fail("install_failed", describeGone(folders));
  const text = await readRegularFile(join(app, "package.json"), MAX_BYTES);
  if (text === null) return fail("install_failed", `package.json is larger than ${MAX_BYTES} bytes.`);
  return parsePackageJson(text.toString());
}

/** Pure. As npm does, without the byte order mark that some editors write. */
export function parsePackageJson(text: string): Result<PackageJson, BuildFailure> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return fail("install_failed", `package.json is not JSON${error instanceof SyntaxError ? placeOf(error) : ""}.`);
  }
  const parsed = PackageJson.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  return fail("install_failed", `package.json does not fit: ${describeIssues(parsed.error, "the whole file")}`);
}

/** V8 names the place, except where the text is short or ends too early. */
function placeOf({ message }: SyntaxError): string {
  const [, what, line, column] =
    /^(.*?)(?: in JSON)? at position \d+ \(line (\d+) column (\d+)\)$/s.exec(message) ?? [];
  return what === undefined ? `: ${message}` : ` (line ${line}, column ${column}): ${what}`;
}
