/** The lockfile that an install in the app's folder follows: its own, or that of the npm workspace it is a member of. */
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../schema/parse-json.ts";
import type { RelativePath } from "../schema/relative-path.ts";
import type { SourceFile } from "../schema/source.ts";
import { findAppFolder, foldersUpwards } from "./app-folder.ts";
import type { JobFolders } from "./job-folders.ts";
import { readRegularFile } from "./regular-file.ts";

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json"];
/** Of the largest repositories they are some 5 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** With a lockfile exactly what it says; without one, what the ranges allow today. */
export async function chooseNpmCommand(folders: JobFolders, files: readonly SourceFile[]): Promise<"ci" | "install"> {
  const lockfile = nearestLockfile(files, folders.appRoot);
  if (lockfile === null) return "install";
  if (lockfile.app === "") return "ci";
  // Not through a link that the config's code may have put there.
  if ((await findAppFolder(folders)) === null) return "install";
  const text = await readRegularFile(join(folders.workspace, lockfile.path), MAX_BYTES);
  return text !== null && hasMember(text.toString(), lockfile.app) ? "ci" : "install";
}

/** `app` is the way from the lockfile's folder to the app's: empty for its own. */
export function nearestLockfile(
  files: readonly SourceFile[],
  root: RelativePath | null,
): { readonly path: string; readonly app: string } | null {
  const paths = new Set<string>(files.map(({ path }) => path));
  for (const folder of foldersUpwards(root)) {
    const path = LOCKFILES.map((name) => join(folder, name)).find((candidate) => paths.has(candidate));
    if (path !== undefined) return { path, app: (root ?? "").slice(folder === "" ? 0 : folder.length + 1) };
  }
  return null;
}

const Lockfile = z.object({ packages: z.record(z.string(), z.unknown()) });

/** Whether the lockfile is also that of a folder below it: npm lists the members of a workspace by their folders. */
export function hasMember(text: string, folder: string): boolean {
  const lockfile = Lockfile.safeParse(parseJson(text));
  return lockfile.success && Object.hasOwn(lockfile.data.packages, folder);
}
