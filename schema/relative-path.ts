import * as z from "zod";

/** In bytes of UTF-8. R2 and S3 keys end at 1 024 bytes; paths are never keys, but they travel to places with that limit. */
export const MAX_PATH_BYTES = 1_024;
/** What Linux file systems take as one name. */
export const MAX_SEGMENT_BYTES = 255;

/**
 * A file's path inside a source or a bundle: relative, with `/` between segments, kept byte for byte.
 * Refused: absolute paths, `.` and `..`, empty segments, backslashes and control characters, whatever the system.
 */
export const RelativePath = z
  .string()
  .superRefine((path, context) => {
    const problem = relativePathProblem(path);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  })
  .brand<"RelativePath">();
export type RelativePath = z.infer<typeof RelativePath>;

const encoder = new TextEncoder();

function relativePathProblem(path: string): string | null {
  if (path === "") return "must not be empty";
  if (isLongerThan(MAX_PATH_BYTES, path)) return `must be at most ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith("/")) return "must be relative to the project's folder, without a leading slash";
  if (/[\\\p{Cc}]/u.test(path)) return "must not contain backslashes or control characters";
  if (!path.isWellFormed()) return "must be well-formed Unicode";
  for (const segment of path.split("/")) {
    if (isLongerThan(MAX_SEGMENT_BYTES, segment)) return `must have segments of at most ${MAX_SEGMENT_BYTES} bytes`;
    if (segment === "" || segment === "." || segment === "..") return 'must not contain empty, "." or ".." segments';
  }
  return null;
}

/** In bytes of UTF-8, of which a UTF-16 code unit takes at most three: most texts need not be encoded to know. */
function isLongerThan(bytes: number, text: string): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}
