/**
 * Which files of an app are its migrations, and in which order. Three layouts of `migrations/`:
 *   plain               0001_users.sql, 0002_posts.sql          by name
 *   drizzle-kit         the same with meta/_journal.json        as the journal has them
 *   drizzle-kit, newer  20261123_users/migration.sql            by the folders' names
 */
import * as z from "zod";
import { parseJson } from "../../schema/parse-json.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { MigrationRefusal } from "./migration-file.ts";

export const MIGRATIONS_FOLDER = "migrations";
export const JOURNAL = `${MIGRATIONS_FOLDER}/meta/_journal.json`;

const MAX_MIGRATIONS = 10_000;
/** Of PostgreSQL itself, and what drizzle-kit calls it. */
const DIALECT = "postgresql";

const Journal = z.object({
  dialect: z.string().optional(),
  entries: z.array(z.object({ idx: z.int().min(0), tag: z.string().min(1) })),
});

export type NamedPath = { readonly name: string; readonly path: string };

/** @param paths all files of the app, from its folder @param journal the text of `JOURNAL`, null when there is none */
export function orderMigrations(
  paths: readonly string[],
  journal: string | null,
): Result<readonly NamedPath[], MigrationRefusal> {
  const flat: NamedPath[] = [];
  const folders: NamedPath[] = [];
  for (const path of paths) {
    const [top, name = "", file, deeper] = path.split("/");
    if (top !== MIGRATIONS_FOLDER) continue;
    if (file === undefined && name.endsWith(".sql")) flat.push({ name, path });
    if (file === "migration.sql" && deeper === undefined) folders.push({ name, path });
  }
  const [one] = flat;
  const [other] = folders;
  if (one && other) {
    const why = `${one.path} is of another layout. Keep .sql files side by side, or a folder for each of them, not both.`;
    return err({ file: other.path, why });
  }
  if (flat.length + folders.length > MAX_MIGRATIONS) {
    return err({ file: MIGRATIONS_FOLDER, why: `There are more than ${MAX_MIGRATIONS} migrations.` });
  }
  if (journal !== null) return orderByJournal(flat, journal);
  const ordered = [...flat, ...folders].sort((a, b) => (a.name < b.name ? -1 : 1));
  return refuseMisleadingNumbers(ordered) ?? ok(ordered);
}

function orderByJournal(files: readonly NamedPath[], text: string): Result<readonly NamedPath[], MigrationRefusal> {
  const journal = Journal.safeParse(parseJson(text));
  if (!journal.success) return err({ file: JOURNAL, why: "This is not a journal of drizzle-kit." });
  const { dialect = DIALECT, entries } = journal.data;
  if (dialect !== DIALECT) {
    return err({ file: JOURNAL, why: `These migrations are for ${dialect}, and the database is PostgreSQL.` });
  }
  const unlisted = new Map(files.map((file) => [file.name, file]));
  const ordered: NamedPath[] = [];
  for (const { tag } of [...entries].sort((a, b) => a.idx - b.idx)) {
    const file = unlisted.get(`${tag}.sql`);
    if (!file)
      return err({ file: JOURNAL, why: `It lists "${tag}", but ${tag}.sql is not there, or is listed twice.` });
    unlisted.delete(file.name);
    ordered.push(file);
  }
  const [left] = unlisted.values();
  if (!left) return ok(ordered);
  const why = `${JOURNAL} does not list it. Make migrations of your own with \`drizzle-kit generate --custom\`.`;
  return err({ file: left.path, why });
}

/** `10_x` comes before `9_x` by name, which is never what was meant. */
function refuseMisleadingNumbers(files: readonly NamedPath[]): Result<never, MigrationRefusal> | null {
  let before: NamedPath | null = null;
  for (const file of files) {
    if (before && numberOf(before.name) > numberOf(file.name)) {
      const why = `By name it comes after ${before.name}. Write numbers with as many digits as each other: 0009, 0010.`;
      return err({ file: file.path, why });
    }
    before = file;
  }
  return null;
}

function numberOf(name: string): number {
  return Number(/^\d+/.exec(name)?.[0] ?? Number.NaN);
}
