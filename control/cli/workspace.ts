/**
 * Reads a folder as a source: every file that is not ignored, with its hash. Links and special files are refused, as their
 * meaning would change on the way; names are kept byte for byte.
 */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { toDigest } from "../../schema/digest.ts";
import { formatBytes } from "../../schema/figures.ts";
import { MAX_FILE_BYTES, MAX_SOURCE_BYTES, MAX_SOURCE_FILES } from "../../schema/limits.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import type { SourceFile } from "../../schema/source.ts";
import { Failure } from "./failure.ts";
import { type IgnoreRules, readIgnoreRules } from "./ignore-rules.ts";

/** `files` are in the order of their paths. */
export type Workspace = { readonly root: string; readonly files: readonly SourceFile[]; readonly bytes: number };

type MeasuredFile = Omit<SourceFile, "sha256">;

/** Open for hashing. */
const FILES_AT_ONCE = 16;
const OWNER_MAY_EXECUTE = 0o100;

/**
 * @param root absolute
 * @param maxFiles at most as many as the API takes
 * @throws Failure `usage` that names the file: what can not be deployed is found before anything is sent
 */
export async function readWorkspace(root: string, maxFiles = MAX_SOURCE_FILES): Promise<Workspace> {
  await requireFolder(root);
  const paths = await listFiles(root, maxFiles);
  const measured: MeasuredFile[] = [];
  for (const path of paths) measured.push(await measure(root, path));
  const bytes = measured.reduce((sum, file) => sum + file.size, 0);
  if (bytes > MAX_SOURCE_BYTES) {
    throw new Failure(
      "usage",
      `The folder holds more than ${formatBytes(MAX_SOURCE_BYTES)}, the most that can be deployed. Leave out what the build does not need with a .gitignore.`,
    );
  }
  const files: SourceFile[] = [];
  while (files.length < measured.length) {
    const next = measured.slice(files.length, files.length + FILES_AT_ONCE);
    files.push(...(await Promise.all(next.map((file) => hashFile(root, file)))));
  }
  return { root, files, bytes };
}

/** @throws Failure `usage` */
export async function requireFolder(root: string): Promise<void> {
  const found = await stat(root).catch(() => null);
  if (!found?.isDirectory()) throw new Failure("usage", `There is no folder ${root}.`);
}

async function listFiles(root: string, maxFiles: number): Promise<RelativePath[]> {
  const paths: RelativePath[] = [];
  for await (const path of walk(root, "", await readIgnoreRules(root))) {
    if (paths.push(path) <= maxFiles) continue;
    throw new Failure(
      "usage",
      `The folder has more than ${maxFiles} files, the most that can be deployed. Leave out what the build does not need with a .gitignore.`,
    );
  }
  if (paths.length === 0) {
    throw new Failure("usage", `There is nothing to deploy in ${root}: it is empty, or every file in it is ignored.`);
  }
  return paths.sort((a, b) => (a < b ? -1 : 1));
}

async function* walk(root: string, folder: string, rules: IgnoreRules): AsyncGenerator<RelativePath, void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, encoding: "buffer" }).catch(
    refuseUnreadable,
  );
  for (const entry of entries) {
    const path = folder + entry.name.toString("utf8");
    if (rules.ignores(entry.isDirectory() ? `${path}/` : path)) continue;
    if (!isUtf8(entry.name)) refuse(path, "its name is not valid UTF-8. Rename it");
    if (entry.isSymbolicLink()) {
      refuse(path, "it is a symbolic link. Put the file itself in its place, or leave the link out with a .gitignore");
    }
    if (entry.isDirectory()) {
      yield* walk(root, `${path}/`, await rules.inside(path));
    } else if (entry.isFile()) {
      yield acceptPath(path);
    } else {
      refuse(path, "it is neither a file nor a folder. Leave it out with a .gitignore");
    }
  }
}

function acceptPath(path: string): RelativePath {
  const parsed = RelativePath.safeParse(path);
  return parsed.success ? parsed.data : refuse(path, `its path ${parsed.error.issues[0]?.message}. Rename it`);
}

async function measure(root: string, path: RelativePath): Promise<MeasuredFile> {
  const { mode, size } = await lstat(join(root, path)).catch(refuseUnreadable);
  if (size > MAX_FILE_BYTES) {
    refuse(path, `it is larger than ${formatBytes(MAX_FILE_BYTES)}, the most that a file may have`);
  }
  return { path, mode: mode & OWNER_MAY_EXECUTE ? "executable" : "file", size };
}

async function hashFile(root: string, file: MeasuredFile): Promise<SourceFile> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(root, file.path)), hash).catch(refuseUnreadable);
  return { ...file, sha256: toDigest(hash.digest()) };
}

function refuse(path: string, why: string): never {
  throw new Failure("usage", `${JSON.stringify(path)} can not be deployed: ${why}.`);
}

function refuseUnreadable(cause: unknown): never {
  throw new Failure("usage", `A file can not be read: ${cause instanceof Error ? cause.message : cause}.`, { cause });
}
