/**
 * The app's folder in the workspace: its top, or the folder that the project's setting `root` names. The whole source is
 * staged either way; only what the app itself is made of is looked for here.
 */
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { RelativePath } from "../schema/relative-path.ts";
import type { SourceFile } from "../schema/source.ts";
import type { JobFolders } from "./job-folders.ts";

/** The files below the folder, with their paths from there. */
export function filesOfApp(files: readonly SourceFile[], root: RelativePath | null): readonly SourceFile[] {
  if (root === null) return files;
  return files
    .filter(({ path }) => path.startsWith(`${root}/`))
    .map((file) => ({ ...file, path: file.path.slice(root.length + 1) as RelativePath }));
}

/** The folder and those around it, up to the workspace's top: `apps/web`, `apps`, and the empty path. */
export function foldersUpwards(root: RelativePath | null): string[] {
  const parts = root?.split("/") ?? [];
  return [...parts.keys(), parts.length].reverse().map((length) => parts.slice(0, length).join("/"));
}

/**
 * The folder's real path. Null when what ran in the workspace has removed it, or has put a link in its place that would lead
 * the builder elsewhere. It holds for as long as nothing of the app runs.
 */
export async function findAppFolder({ workspace, appRoot }: JobFolders): Promise<string | null> {
  const expected = join(await realpath(workspace), appRoot ?? "");
  const found = await realpath(expected).catch(() => null);
  return found === expected ? found : null;
}
