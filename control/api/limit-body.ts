/** How much a body may hold. Asked before any of it is parsed: a Worker has 128 MB, and parsed JSON takes many times its text. */

import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { MAX_BLOB_BATCH_BYTES, MAX_BLOB_BATCH_COUNT, MAX_SOURCE_FILES } from "../../schema/limits.ts";
import { MAX_VARIABLES_BYTES } from "../../schema/variable.ts";
import type { ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

/** No other body than a list of files comes near. */
export const MAX_BODY_BYTES = 256 * 1024;
/** So many variables as there may be, however they are escaped; and somewhat more, so that one too many is told as such. */
export const MAX_VARIABLES_BODY_BYTES = 8 * MAX_VARIABLES_BYTES;
/** A list of 20 000 paths is about 4 MB. */
export const MAX_FILE_LIST_BYTES = 16 * 1024 * 1024;
/** A full batch with the frames of its parts, each below 300 bytes. */
export const MAX_BLOBS_BYTES = MAX_BLOB_BATCH_BYTES + MAX_BLOB_BATCH_COUNT * 300;
/** A file of a list takes five: its brace, three commas, and the one behind it. One too many of them is told as such. */
export const MAX_FILE_LIST_PARTS = MAX_SOURCE_FILES * 6;

export const limitBody = createMiddleware<ApiContext>((c, next) => {
  const maxSize = maxBytesAt(c.req.path);
  const onError = () => {
    throw new ProblemError("body_too_large", `The body may have at most ${maxSize} bytes. Send less in one request.`);
  };
  return bodyLimit({ maxSize, onError })(c, next);
});

/** Of a list of files: few bytes can hold millions of lists in lists. */
export const limitParts = createMiddleware<ApiContext>(async (c, next) => {
  if (hasMoreParts(await c.req.text(), MAX_FILE_LIST_PARTS)) {
    const detail = `The body has more parts than a list of ${MAX_SOURCE_FILES} files. Send {"files": [...]} with a path, mode, size and sha256 each.`;
    throw new ProblemError("body_too_large", detail);
  }
  return next();
});

/** Of the whole path: a project may be called "sources" or "blobs" too. */
export function maxBytesAt(path: string): number {
  switch (/^\/v1\/projects\/[^/]+\/(blobs$|sources$|env\/)/.exec(path)?.[1]) {
    case "env/":
      return MAX_VARIABLES_BODY_BYTES;
    case "blobs":
      return MAX_BLOBS_BYTES;
    case "sources":
      return MAX_FILE_LIST_BYTES;
    default:
      return MAX_BODY_BYTES;
  }
}

/** Counts what begins or separates the values of a JSON text: braces, brackets and commas outside of its strings. */
export function hasMoreParts(json: string, most: number): boolean {
  let parts = 0;
  let inString = false;
  for (let index = 0; index < json.length && parts <= most; index += 1) {
    const character = json[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[" || character === ",") parts += 1;
  }
  return parts > most;
}
