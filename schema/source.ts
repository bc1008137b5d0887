import * as z from "zod";
import { Digest, sha256 } from "./digest.ts";
import { foldPath } from "./folded-path.ts";
import { MAX_FILE_BYTES, MAX_SOURCE_FILES } from "./limits.ts";
import { RelativePath } from "./relative-path.ts";

/** A file of a workspace. `mode` keeps only whether it is executable. */
export const SourceFile = z.strictObject({
  path: RelativePath,
  mode: z.enum(["file", "executable"]),
  size: z.int().min(0).max(MAX_FILE_BYTES),
  sha256: Digest,
});
export type SourceFile = z.infer<typeof SourceFile>;

/**
 * The files of a workspace at one moment. No two paths are equal, none is a folder of another, and no two names in one
 * folder differ only by letter case or Unicode form.
 */
export const SourceFiles = z
  .array(SourceFile)
  .min(1, "is empty: there is nothing to build")
  .max(MAX_SOURCE_FILES, `may have at most ${MAX_SOURCE_FILES} files`)
  .superRefine((files, context) => {
    for (const { index, message } of findConflicts(files)) {
      context.addIssue({ code: "custom", path: [index, "path"], message });
    }
  });

/** The stored form: `sources/<project>/<sourceSha>.json`. */
export const Source = z.object({ version: z.literal(1), files: z.array(SourceFile) });
export type Source = z.infer<typeof Source>;

/** The one text of a source; its sha256 is the source SHA. */
export function encodeSource(files: readonly SourceFile[]): string {
  const sorted = files
    .map(({ path, mode, size, sha256 }) => ({ path, mode, size, sha256 }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return JSON.stringify({ version: 1, files: sorted });
}

export function sourceSha(files: readonly SourceFile[]): Promise<Digest> {
  return sha256(encodeSource(files));
}

/**
 * In the order of folded paths with a slash at their end, what lies inside a path comes right after it, and what is one
 * file on some systems is side by side. So one pass over neighbours is enough, however deep the paths are: looking up
 * every folder of every path takes minutes for long ones.
 */
function findConflicts(files: readonly { readonly path: string }[]): { index: number; message: string }[] {
  const ordered = files
    .map(({ path }, index) => ({ index, path, key: `${foldPath(path)}/` }))
    .sort((a, b) => (a.key === b.key ? a.index - b.index : a.key < b.key ? -1 : 1));
  const conflicts: { index: number; message: string }[] = [];
  let outer = ordered[0];
  let before = ordered[0];
  for (const file of ordered.slice(1)) {
    const { index, path, key } = file;
    if (outer && path === outer.path) {
      conflicts.push({ index, message: "is listed twice" });
    } else if (outer && path.startsWith(`${outer.path}/`)) {
      conflicts.push({ index, message: `lies inside "${outer.path}", which is a file` });
    } else if (before && differsInFormOnly(path, before.path)) {
      const both = `"${path}" and "${before.path}" have names that differ only by letter case or Unicode form`;
      conflicts.push({ index, message: `${both}: some systems take them for one. Rename one of the two` });
    }
    if (outer && !key.startsWith(outer.key)) outer = file;
    before = file;
  }
  return conflicts;
}

/** Whether the first names in which two paths differ are one name when folded. */
function differsInFormOnly(one: string, other: string): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const start = one.lastIndexOf("/", same - 1) + 1;
  const [a, b] = [nameAt(one, start), nameAt(other, start)];
  return a !== b && foldPath(a) === foldPath(b);
}

function nameAt(path: string, start: number): string {
  const end = path.indexOf("/", start);
  return end === -1 ? path.slice(start) : path.slice(start, end);
}
