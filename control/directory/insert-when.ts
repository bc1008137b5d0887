import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** Inserts a whole row if a condition holds at that moment: one statement, so that nobody comes in between. */
export function insertWhen<T extends SQLiteTable>(db: DrizzleD1Database, table: T, row: T["$inferSelect"], when: SQL) {
  const fields = Object.entries(getTableColumns(table));
  const values = fields.map(([name, column]) => sql.param(row[name], column));
  return db.insert(table).select(sql`SELECT ${sql.join(values, sql`, `)} WHERE ${when}`);
}
