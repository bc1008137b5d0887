/**
 * Step `collect`: walks the output, refuses what must not be published, and hashes the rest. The tree is hostile: its
 * links may lead anywhere, its names may be any bytes. Its processes are dead.
 */
import { createHash } from "node:crypto";
import { lstat, opendir, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Digest, toDigest } from "../schema/digest.ts";
import { MAX_FILE_BYTES } from "../schema/limits.ts";
import { RelativePath } from "../schema/relative-path.ts";
import { ok, type Result } from "../schema/result.ts";
import type { BuildLimits } from "./env.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { describeKind } from "./file-kind.ts";
import { mapConcurrent } from "./map-concurrent.ts";
import { openRegularFile } from "./regular-file.ts";

/** `diskPath` is where the bytes are; for a link, the file it leads to. */
export type OutputFile = {
  readonly path: RelativePath;
  readonly diskPath: string;
  readonly size: number;
  readonly sha256: Digest;
};

type FoundFile = Omit<OutputFile, "sha256">;
type CollectLimits = Pick<BuildLimits, "outputBytes" | "outputFiles">;

const HASHES_AT_ONCE = 8;
const READ_BYTES = 256 * 1024;
/** Of a name that is refused, in the message. */
const MAX_SHOWN_CHARS = 200;

/** `root` is a real path. */
export async function collectOutput(root: string, limits: CollectLimits): Promise<Result<OutputFile[], BuildFailure>> {
  try {
    const found = await listFiles(root, limits);
    if (!found.ok) return found;
    const sized = checkSizes(found.value, limits);
    if (!sized.ok) return sized;
    return ok(await mapConcurrent(found.value, HASHES_AT_ONCE, hashFile));
  } catch (error) {
    // A builder that is not root meets files and folders that the build made unreadable.
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EACCES") throw error;
    const path = "path" in error ? relative(root, String(error.path)) : "";
    return fail(
      "output_path_invalid",
      `${path || "The output folder"} can not be read: the build took its rights away.`,
    );
  }
}

async function listFiles(root: string, limits: CollectLimits): Promise<Result<FoundFile[], BuildFailure>> {
  const files: FoundFile[] = [];
  const folders = [""];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    // Latin-1 keeps every byte of a name, so that one that is not UTF-8 is seen rather than replaced.
    for await (const { name } of await opendir(join(root, folder), { encoding: "latin1" })) {
      entries += 1;
      const entry = await readEntry(root, folder, name);
      if (!entry.ok) return entry;
      if (entry.value.kind === "folder") folders.push(`${entry.value.path}/`);
      else files.push(entry.value.file);
      // Folders count too, or a tree of empty ones would be walked for ever.
      if (files.length > limits.outputFiles || entries > 2 * limits.outputFiles + 1_000) {
        return fail("output_too_many_files", `The output has more than ${limits.outputFiles} files.`);
      }
    }
  }
  return ok(files);
}

type Entry = { readonly kind: "folder"; readonly path: string } | { readonly kind: "file"; readonly file: FoundFile };

async function readEntry(root: string, folder: string, latin1Name: string): Promise<Result<Entry, BuildFailure>> {
  const name = decodeName(latin1Name);
  const path = RelativePath.safeParse(`${folder}${name}`);
  if (name === null || !path.success) {
    const why = path.error?.issues[0]?.message ?? "must be UTF-8";
    const shown = JSON.stringify(`${folder}${name ?? latin1Name}`).slice(0, MAX_SHOWN_CHARS);
    return fail("output_path_invalid", `${shown} ${why}.`);
  }
  const diskPath = join(root, path.data);
  const stats = await lstat(diskPath);
  if (stats.isDirectory()) return ok({ kind: "folder", path: path.data });
  if (stats.isSymbolicLink()) return readLink(root, path.data);
  if (!stats.isFile()) {
    const detail = `${path.data} is ${describeKind(stats)}; only files and folders can be published. Remove it.`;
    return fail("output_path_invalid", detail);
  }
  return ok({ kind: "file", file: { path: path.data, diskPath, size: stats.size } });
}

/** A link to a file of the output is published as that file. */
async function readLink(root: string, path: RelativePath): Promise<Result<Entry, BuildFailure>> {
  const diskPath = await realpath(join(root, path)).catch(() => null);
  if (diskPath === null || !diskPath.startsWith(`${root}${sep}`)) {
    return fail("output_link_refused", `${path} is a link that leads out of the output, or nowhere.`);
  }
  const stats = await lstat(diskPath);
  if (stats.isDirectory()) {
    return fail("output_link_refused", `${path} is a link to a folder; links to folders are not followed; copy it.`);
  }
  if (!stats.isFile()) {
    return fail(
      "output_link_refused",
      `${path} is a link to ${describeKind(stats)}; only links to files are followed.`,
    );
  }
  return ok({ kind: "file", file: { path, diskPath, size: stats.size } });
}

function decodeName(latin1Name: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1Name, "latin1"));
  } catch {
    return null;
  }
}

function checkSizes(files: readonly FoundFile[], limits: CollectLimits): Result<null, BuildFailure> {
  if (files.length === 0) return fail("output_empty", "The output folder has no files.");
  const largest = files.toSorted((a, b) => b.size - a.size).slice(0, 3);
  const names = largest.map(({ path, size }) => `${path} (${size} bytes)`).join(", ");
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if ((largest[0]?.size ?? 0) > MAX_FILE_BYTES) {
    return fail("output_too_large", `A file may have at most ${MAX_FILE_BYTES} bytes. The largest: ${names}.`);
  }
  if (total > limits.outputBytes) {
    return fail(
      "output_too_large",
      `The output has ${total} bytes, at most ${limits.outputBytes} are allowed. The largest: ${names}.`,
    );
  }
  return ok(null);
}

async function hashFile(file: FoundFile): Promise<OutputFile> {
  const handle = await openRegularFile(file.diskPath);
  if (handle === null) throw new Error(`${file.path} changed while it was collected`);
  try {
    const hash = createHash("sha256");
    const chunk = Buffer.allocUnsafe(READ_BYTES);
    let size = 0;
    for (let read = await handle.read(chunk); read.bytesRead > 0; read = await handle.read(chunk)) {
      hash.update(chunk.subarray(0, read.bytesRead));
      size += read.bytesRead;
    }
    if (size !== file.size) throw new Error(`${file.path} changed while it was collected`);
    return { ...file, sha256: toDigest(hash.digest()) };
  } finally {
    await handle.close();
  }
}
