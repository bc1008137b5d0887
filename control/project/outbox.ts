import { and, asc, eq, inArray, lte, min, type SQL, sql } from "drizzle-orm";
import { OUTBOX_KINDS, outbox } from "../../schema/project/tables.ts";
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

/** At a time, per kind: what hangs in one store takes no place from what goes to another. */
const MAX_UNDER_WAY = 20;

/** What is under way, by key: it can not start once more. */
export type UnderWay = ReadonlyMap<string, OutboxKind>;

/** What is due and has a place, the longest due of each kind first. */
export function dueEntries(db: Database, underWay: UnderWay, now: number): OutboxEntry[] {
  return openKinds(underWay).flatMap(({ kind, places }) =>
    db
      .select()
      .from(outbox)
      .where(and(lte(outbox.dueAt, now), eq(outbox.kind, kind), isWaiting(underWay)))
      .orderBy(asc(outbox.dueAt))
      .limit(places)
      .all(),
  );
}

/** When the next entry is due that can start then. */
export function nextDueAt(db: Database, underWay: UnderWay): number | null {
  const kinds = openKinds(underWay).map(({ kind }) => kind);
  const next = db
    .select({ at: min(outbox.dueAt) })
    .from(outbox)
    .where(and(inArray(outbox.kind, kinds), isWaiting(underWay)))
    .get();
  return next?.at ?? null;
}

function openKinds(underWay: UnderWay): { kind: OutboxKind; places: number }[] {
  const busy = [...underWay.values()];
  return OUTBOX_KINDS.map((kind) => ({
    kind,
    places: MAX_UNDER_WAY - busy.filter((other) => other === kind).length,
  })).filter(({ places }) => places > 0);
}

/** One parameter for all keys: a statement has a hundred at most. */
function isWaiting(underWay: UnderWay): SQL {
  return sql`${outbox.key} NOT IN (SELECT value FROM json_each(${JSON.stringify([...underWay.keys()])}))`;
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
