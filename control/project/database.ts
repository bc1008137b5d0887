import { type DrizzleSqliteDODatabase, drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../schema/project/migrations/migrations.js";

export type Database = DrizzleSqliteDODatabase;

export function openDatabase(storage: DurableObjectStorage): Database {
  return drizzle(storage, { casing: "snake_case" });
}

export async function migrateDatabase(db: Database): Promise<void> {
  await migrate(db, migrations);
}

/** Whether there are tables: asking an object that holds nothing should not make it hold something. */
export function isMigrated(storage: DurableObjectStorage): boolean {
  return storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").toArray().length > 0;
}

/**
 * Runs `change` in one transaction. It must not await: an async callback would commit both halves although it throws,
 * so a callback that returns a promise does not type-check, and one that gets through is rolled back.
 */
export function transact<T>(storage: DurableObjectStorage, change: () => T extends Promise<unknown> ? never : T): T {
  return storage.transactionSync(() => {
    const result: T = change();
    if (result instanceof Promise) throw new Error("a transaction must not await");
    return result;
  });
}
