import { z } from "zod";
import { Digest, sha256 } from "./digest.ts";
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

/** The files of a workspace at one moment. No two paths are equal, and none is a folder of another. */
export const SourceFiles = z
  .array(SourceFile)
  .min(1, "is empty: there is nothing to build")
  .max(MAX_SOURCE_FILES, `may have at most ${MAX_SOURCE_FILES} files`)
  .superRefine((files, context) => {
    const paths = new Set<string>();
    for (const [index, { path }] of files.entries()) {
      if (paths.has(path)) context.addIssue({ code: "custom", path: [index, "path"], message: "is listed twice" });
      paths.add(path);
    }
    for (const [index, { path }] of files.entries()) {
      const inside = foldersOf(path).find((folder) => paths.has(folder));
      if (inside)
        context.addIssue({
          code: "custom",
          path: [index, "path"],
          message: `lies inside "${inside}", which is a file`,
        });
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

function foldersOf(path: string): string[] {
  const segments = path.split("/");
  return segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join("/"));
}
