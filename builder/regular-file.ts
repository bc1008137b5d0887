/**
 * Opens files of a tree that untrusted code wrote: never through a link, never a pipe or device that would block.
 * The processes that wrote it are dead by then, but a reader should not have to rely on that.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The open file, or null when there is no regular file at `path`. The caller closes it. */
export async function openRegularFile(path: string): Promise<FileHandle | null> {
  const file = await open(path, FLAGS).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== undefined && ABSENT.has(error.code)) return null;
    throw error;
  });
  if (file === null || (await file.stat()).isFile()) return file;
  await file.close();
  return null;
}

/** ELOOP is a link, ENXIO a socket. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EMLINK", "ENXIO"]);

/** The bytes of a small file, or null when there is no regular file of at most `maxBytes`. */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer | null> {
  const file = await openRegularFile(path);
  if (file === null) return null;
  try {
    return (await file.stat()).size > maxBytes ? null : await file.readFile();
  } finally {
    await file.close();
  }
}
