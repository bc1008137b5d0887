/** The SQLite of a Durable Object, by Node's own: what drizzle and `Marks` use of it, for tests of rows without workerd. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

const MIGRATIONS = resolve(import.meta.dirname, "../../schema/project/migrations");

export function createSqliteStorage(): DurableObjectStorage {
  const sqlite = new DatabaseSync(":memory:");
  const exec = (query: string, ...params: SQLInputValue[]) => {
    const statement = sqlite.prepare(query);
    let rows: unknown[] | null = null;
    const read = (asArrays: boolean) => {
      statement.setReturnArrays(asArrays);
      rows ??= statement.all(...params);
      return rows;
    };
    // What gives back nothing runs at once, as it does there; the rest when its form is known.
    if (statement.columns().length === 0) {
      statement.run(...params);
      rows = [];
    }
    return {
      toArray: () => read(false),
      next: () => ({ value: read(false)[0] }),
      raw: () => ({ toArray: () => read(true) }),
    };
  };
  const transactionSync = <T>(change: () => T): T => {
    sqlite.exec("BEGIN");
    try {
      const result = change();
      sqlite.exec("COMMIT");
      return result;
    } catch (error) {
      sqlite.exec("ROLLBACK");
      throw error;
    }
  };
  return { sql: { exec }, transactionSync } as unknown as DurableObjectStorage;
}

/** The same with the tables of a `Project`. */
export function createProjectStorage(): DurableObjectStorage {
  const storage = createSqliteStorage();
  const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith(".sql"));
  for (const file of files.sort((a, b) => (a < b ? -1 : 1))) {
    for (const statement of readFileSync(join(MIGRATIONS, file), "utf8").split("--> statement-breakpoint")) {
      storage.sql.exec(statement);
    }
  }
  return storage;
}
