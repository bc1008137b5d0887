/**
 * Step `stage`: brings the source's files from the storage into a fresh workspace. Every file is checked against the hash
 * and the size that the list of files claims; the sizes are what the limit of a source is counted by.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Digest } from "../schema/digest.ts";
import { MAX_SOURCE_BYTES } from "../schema/limits.ts";
import { ok, type Result } from "../schema/result.ts";
import { Source, type SourceFile, SourceFiles } from "../schema/source.ts";
import { STORAGE_CONCURRENCY } from "./app-bundle-store.ts";
import { type BuildFailure, describeError, fail, JobEnded } from "./failure.ts";
import { hashBytes } from "./hash.ts";
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
  try {
    const files = await readSourceFiles(store, source);
    if (!files.ok) return files;
    const blobs = [...Map.groupBy(files.value, (file) => file.sha256)];
    for (const folder of new Set(files.value.map(({ path }) => dirname(path)))) {
      await mkdir(join(workspace, folder), { recursive: true });
    }
    const written = await mapConcurrent(blobs, STORAGE_CONCURRENCY, async ([digest, copies]) => {
      const bytes = await readCheckedBlob(store, digest, copies);
      if (!bytes.ok) return bytes;
      for (const file of copies) await writeNewFile(join(workspace, file.path), bytes.value, file.mode);
      return ok(null);
    });
    return written.find((result) => !result.ok) ?? ok({ files: files.value });
  } catch (error) {
    if (error instanceof JobEnded) throw error;
    return fail("source_unreadable", describeError(error));
  }
}

async function readSourceFiles(
  store: SourceStore,
  source: Digest,
): Promise<Result<readonly SourceFile[], BuildFailure>> {
  const text = await store.readSource(source);
  if (text === null) return fail("source_unreadable", "the list of files is not in the storage");
  if (hashBytes(text) !== source) return fail("source_unreadable", "the list of files does not match its hash");
  const { files } = Source.extend({ files: SourceFiles }).parse(JSON.parse(new TextDecoder().decode(text)));
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
  const bytes = await store.readBlob(digest, maxBytes);
  if (bytes === null) return fail("source_unreadable", `${copies[0]?.path}: the file is not in the storage`);
  const wrong = copies.find(({ size }) => size !== bytes.length);
  if (wrong) {
    const stored = `${bytes.length > maxBytes ? "at least " : ""}${bytes.length}`;
    return fail("source_unreadable", `${wrong.path}: listed with ${wrong.size} bytes, stored with ${stored}`);
  }
  if (hashBytes(bytes) === digest) return ok(bytes);
  return fail("source_unreadable", `${copies[0]?.path}: the stored bytes do not match their hash`);
}

/** Never over an existing file, and so never through a link. */
function writeNewFile(path: string, bytes: Uint8Array, mode: SourceFile["mode"]): Promise<void> {
  return writeFile(path, bytes, { flag: "wx", mode: mode === "executable" ? 0o755 : 0o644 });
}
