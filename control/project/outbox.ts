import { and, asc, eq, lte, min, sql } from "drizzle-orm";
import { outbox } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import { afterDelivery, type OutboxKind } from "./outbox-plan.ts";

export type OutboxEntry = typeof outbox.$inferSelect;

/** Notes what another store must learn. Call it in the transaction that decided it; a newer value replaces an older one. */
export function enqueue(db: Database, kind: OutboxKind, key: string, value: unknown, dueAt: number): void {
  const fresh = { value: JSON.stringify(value), deliveries: 0, failures: 0, dueAt };
  db.insert(outbox)
    .values({ key, kind, version: 1, ...fresh })
    .onConflictDoUpdate({ target: outbox.key, set: { ...fresh, version: sql`${outbox.version} + 1` } })
    .run();
}

export function findEntry(db: Database, key: string): OutboxEntry | null {
  return db.select().from(outbox).where(eq(outbox.key, key)).get() ?? null;
}

/** Whether there is something that no store has heard yet. */
export function hasUndelivered(db: Database): boolean {
  return db.select({ key: outbox.key }).from(outbox).where(eq(outbox.deliveries, 0)).limit(1).get() !== undefined;
}

/** What need not be learnt any more. */
export function dequeue(db: Database, key: string): void {
  db.delete(outbox).where(eq(outbox.key, key)).run();
}

export function dueEntries(db: Database, now: number): OutboxEntry[] {
  return db.select().from(outbox).where(lte(outbox.dueAt, now)).orderBy(asc(outbox.dueAt)).limit(50).all();
}

export function nextDueAt(db: Database): number | null {
  return (
    db
      .select({ at: min(outbox.dueAt) })
      .from(outbox)
      .get()?.at ?? null
  );
}

/** Settles a try. An entry that got a newer value meanwhile stays as it is: that value is due by itself. */
export function settle(db: Database, entry: OutboxEntry, delivered: boolean, now: number): void {
  const same = and(eq(outbox.key, entry.key), eq(outbox.version, entry.version));
  const next = afterDelivery(entry, delivered, now);
  if (next === null) db.delete(outbox).where(same).run();
  else
    db.update(outbox)
      .set({ deliveries: next.deliveries, failures: next.failures, dueAt: next.dueAt })
      .where(same)
      .run();
}
