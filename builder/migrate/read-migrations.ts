/** Reads the migrations of a staged source. To be called before anything of the app runs, so that they are the source's. */
import { join } from "node:path";
import { err, ok, type Result } from "../../schema/result.ts";
import type { SourceFile } from "../../schema/source.ts";
import { readRegularFile } from "../regular-file.ts";
import { JOURNAL, orderMigrations } from "./layout.ts";
import type { MigrationFile, MigrationRefusal } from "./migration-file.ts";

/** Far above what anybody writes by hand; all of a file is parsed at once. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** @param folder the app's, on disk @param files those of the app, with paths from there */
export async function readMigrations(
  folder: string,
  files: readonly SourceFile[],
): Promise<Result<readonly MigrationFile[], MigrationRefusal>> {
  const byPath = new Map<string, SourceFile>(files.map((file) => [file.path, file]));
  const journal = byPath.has(JOURNAL) ? await readText(folder, JOURNAL) : null;
  if (journal !== null && !journal.ok) return journal;
  const ordered = orderMigrations([...byPath.keys()], journal?.value ?? null);
  if (!ordered.ok) return ordered;
  const migrations: MigrationFile[] = [];
  for (const { name, path } of ordered.value) {
    const text = await readText(folder, path);
    if (!text.ok) return text;
    const file = byPath.get(path);
    if (!file) throw new Error("a path of the source is not in the source");
    migrations.push({ name, path, sha256: file.sha256, text: text.value });
  }
  return ok(migrations);
}

async function readText(folder: string, path: string): Promise<Result<string, MigrationRefusal>> {
  const bytes = await readRegularFile(join(folder, path), MAX_FILE_BYTES);
  if (bytes === null) return err({ file: path, why: `It is larger than ${MAX_FILE_BYTES} bytes, or not a file.` });
  // The parser would take what is before it for the whole file.
  if (bytes.includes(0)) return err({ file: path, why: "It holds a NUL byte. Write it as text in UTF-8." });
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err({ file: path, why: "It is not UTF-8." });
  }
}
