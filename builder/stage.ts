/**
 * Step `stage`: brings the source's files from the storage into a fresh workspace. Every file is checked against the hash
 * and the size that the list of files claims; the sizes are what the limit of a source is counted by.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Digest } from "../schema/digest.ts";
import { MAX_SOURCE_BYTES } from "../schema/limits.ts";
import { parseJson } from "../schema/parse-json.ts";
import { ok, type Result } from "../schema/result.ts";
import { Source, type SourceFile, SourceFiles } from "../schema/source.ts";
import { STORAGE_CONCURRENCY } from "./app-bundle-store.ts";
import { type BuildFailure, describeForUsers, fail, JobEnded } from "./failure.ts";
import { hashBytes } from "./hash.ts";
import { describeIssues } from "./issues.ts";
import { mapConcurrent } from "./map-concurrent.ts";

/** Reads of one project's storage; null for what is not there. */
export interface SourceStore {
  readSource(source: Digest): Promise<Uint8Array | null>;
  /** May end early, with more than `maxBytes`. */
  readBlob(sha256: Digest, maxBytes: number): Promise<Uint8Array | null>;
}

export type StagedSource = { readonly files: readonly SourceFile[] };

export async function stageSource(
  store: SourceStore,
  source: Digest,
  workspace: string,
): Promise<Result<StagedSource, BuildFailure>> {
  const files = await readSourceFiles(store, source);
  if (!files.ok) return files;
  for (const [folder, [file]] of Map.groupBy(files.value, ({ path }) => dirname(path))) {
    const made = await writeEntry(file?.path ?? folder, () => mkdir(join(workspace, folder), { recursive: true }));
    if (!made.ok) return made;
  }
  const blobs = [...Map.groupBy(files.value, (file) => file.sha256)];
  const written = await mapConcurrent(blobs, STORAGE_CONCURRENCY, async ([digest, copies]) => {
    const bytes = await readCheckedBlob(store, digest, copies);
    if (!bytes.ok) return bytes;
    for (const { path, mode } of copies) {
      const file = await writeEntry(path, () => writeNewFile(join(workspace, path), bytes.value, mode));
      if (!file.ok) return file;
    }
    return ok(null);
  });
  return written.find((result) => !result.ok) ?? ok({ files: files.value });
}

async function readSourceFiles(
  store: SourceStore,
  source: Digest,
): Promise<Result<readonly SourceFile[], BuildFailure>> {
  const text = await readStored("the list of files", () => store.readSource(source));
  if (!text.ok) return text;
  if (hashBytes(text.value) !== source) return fail("source_unreadable", "the list of files does not match its hash");
  const list = Source.extend({ files: SourceFiles }).safeParse(parseJson(new TextDecoder().decode(text.value)));
  if (!list.success) {
    return fail("source_unreadable", `the list of files does not fit: ${describeIssues(list.error, "list")}`);
  }
  const { files } = list.data;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MAX_SOURCE_BYTES) return fail("source_unreadable", `the files are more than ${MAX_SOURCE_BYTES} bytes`);
  return ok(files);
}

/** @param copies the files that are to have these bytes */
async function readCheckedBlob(
  store: SourceStore,
  digest: Digest,
  copies: readonly SourceFile[],
): Promise<Result<Uint8Array, BuildFailure>> {
  const maxBytes = Math.max(...copies.map(({ size }) => size));
  const stored = await readStored(`${copies[0]?.path}: the file`, () => store.readBlob(digest, maxBytes));
  if (!stored.ok) return stored;
  const bytes = stored.value;
  const wrong = copies.find(({ size }) => size !== bytes.length);
  if (wrong) {
    const found = `${bytes.length > maxBytes ? "at least " : ""}${bytes.length}`;
    return fail("source_unreadable", `${wrong.path}: listed with ${wrong.size} bytes, stored with ${found}`);
  }
  if (hashBytes(bytes) === digest) return stored;
  return fail("source_unreadable", `${copies[0]?.path}: the stored bytes do not match their hash`);
}

async function readStored(
  what: string,
  read: () => Promise<Uint8Array | null>,
): Promise<Result<Uint8Array, BuildFailure>> {
  try {
    const bytes = await read();
    return bytes === null ? fail("source_unreadable", `${what} is not in the storage`) : ok(bytes);
  } catch (error) {
    if (error instanceof JobEnded) throw error;
    return fail("source_unreadable", `${what} can not be read from the storage (${describeForUsers(error)})`, error);
  }
}

/** A workspace that can not be written is our fault, not the source's; `path` is all that is told of where it lies. */
async function writeEntry(path: string, write: () => Promise<unknown>): Promise<Result<null, BuildFailure>> {
  try {
    await write();
    return ok(null);
  } catch (error) {
    return fail("builder_error", `${path} could not be written to the workspace (${describeForUsers(error)})`, error);
  }
}

/** Never over an existing file, and so never through a link. */
function writeNewFile(path: string, bytes: Uint8Array, mode: SourceFile["mode"]): Promise<void> {
  return writeFile(path, bytes, { flag: "wx", mode: mode === "executable" ? 0o755 : 0o644 });
}
