/** What a `WebhookSender` keeps of each delivery. Called in the transaction of the change. */
import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, lte, min, ne, notExists } from "drizzle-orm";
import {
  type Delivery,
  type DeliveryAttempt,
  type ListDeliveries,
  MAX_DELIVERIES,
  type WebhookMessage,
} from "../../schema/contracts/webhooks.ts";
import type { DeliveryId, WebhookId } from "../../schema/ids.ts";
import { deliveries, receivers } from "../../schema/webhooks/tables.ts";
import type { Database } from "../project/database.ts";
import { forgetAnswers } from "../project/idempotency.ts";
import type { Step } from "./attempt-plan.ts";
import type { Candidate } from "./choose-next.ts";

export type DeliveryRow = typeof deliveries.$inferSelect;

/** How long the log is kept. */
export const KEEP_MS = 30 * 24 * 60 * 60_000;
/** Of one delivery in the log: two rounds of attempts. */
const MAX_LOGGED_ATTEMPTS = 20;

/** What is there already stays as it is. */
export function addDeliveries(
  db: Database,
  message: WebhookMessage,
  added: readonly { id: DeliveryId; webhook: WebhookId }[],
  now: number,
): void {
  const body = JSON.stringify(message);
  const shared = { type: message.type, event: message.data.event.seq, body, status: "pending", attempts: [] } as const;
  for (const ids of added) {
    db.insert(receivers).values({ webhook: ids.webhook }).onConflictDoNothing().run();
    db.insert(deliveries)
      .values({ ...ids, ...shared, attempts: [], tries: 0, nextAttemptAt: now, createdAt: isoTime(now) })
      .onConflictDoNothing()
      .run();
  }
}

export function findDelivery(db: Database, id: DeliveryId): DeliveryRow | null {
  return db.select().from(deliveries).where(eq(deliveries.id, id)).get() ?? null;
}

export type DeliveryQuery = Pick<ListDeliveries, "status" | "limit"> & { readonly before: DeliveryId | undefined };

/** Newest first. */
export function listDeliveries(
  db: Database,
  webhook: WebhookId,
  { status, before, limit }: DeliveryQuery,
): DeliveryRow[] {
  return db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.webhook, webhook),
        status && eq(deliveries.status, status),
        before && lt(deliveries.id, before),
      ),
    )
    .orderBy(desc(deliveries.id))
    .limit(limit)
    .all();
}

/** The webhooks for which something is due. */
export function dueReceivers(db: Database, now: number): Candidate[] {
  return db
    .select()
    .from(receivers)
    .all()
    .flatMap(({ webhook, failingSince }) => {
      const dueAt = nextTurn(db, webhook)?.nextAttemptAt ?? null;
      return dueAt === null || dueAt > now ? [] : [{ webhook, failing: failingSince !== null, dueAt }];
    });
}

/** The delivery of a webhook that has waited longest. */
export function nextTurn(db: Database, webhook: WebhookId): DeliveryRow | null {
  return (
    db
      .select()
      .from(deliveries)
      .where(and(eq(deliveries.webhook, webhook), isNotNull(deliveries.nextAttemptAt)))
      .orderBy(asc(deliveries.nextAttemptAt), asc(deliveries.id))
      .limit(1)
      .get() ?? null
  );
}

export function patchDelivery(db: Database, id: DeliveryId, patch: Partial<Omit<DeliveryRow, "id">>): void {
  db.update(deliveries).set(patch).where(eq(deliveries.id, id)).run();
}

/** The row after an attempt. */
export function afterStep(row: DeliveryRow, step: Step, attempt: DeliveryAttempt): DeliveryRow {
  const attempts = [...row.attempts, attempt].slice(-MAX_LOGGED_ATTEMPTS);
  const over = { status: step.kind === "delivered" ? "delivered" : "failed", nextAttemptAt: null } as const;
  const next = step.kind === "retry" ? ({ status: "pending", nextAttemptAt: step.at } as const) : over;
  return { ...row, ...next, attempts, tries: row.tries + 1 };
}

/** The row when it is to be sent at once: a new round if it was over. */
export function startAgain(row: DeliveryRow, now: number): DeliveryRow {
  return row.status === "pending"
    ? { ...row, nextAttemptAt: Math.min(row.nextAttemptAt ?? now, now) }
    : { ...row, status: "pending", tries: 0, nextAttemptAt: now };
}

/** Nothing more is sent to a webhook of what it was handed by then. */
export function dropPending(db: Database, webhook: WebhookId, until: number): void {
  db.update(deliveries)
    .set({ status: "dropped", nextAttemptAt: null })
    .where(
      and(eq(deliveries.webhook, webhook), eq(deliveries.status, "pending"), lte(deliveries.createdAt, isoTime(until))),
    )
    .run();
}

/** The first failure since the last success, both since `activeSince`: before then it was another receiver. */
export function failingSince(db: Database, webhook: WebhookId, activeSince: number): number | null {
  const since = db.select().from(receivers).where(eq(receivers.webhook, webhook)).get()?.failingSince ?? null;
  return since === null || since < activeSince ? null : since;
}

export function setFailingSince(db: Database, webhook: WebhookId, failingSince: number | null): void {
  db.update(receivers).set({ failingSince }).where(eq(receivers.webhook, webhook)).run();
}

/** Removes what is too old, and of too much the oldest: first what is over, then what still waits. */
export function prune(db: Database, now: number): void {
  const tooOld = isoTime(now - KEEP_MS);
  db.delete(deliveries).where(lt(deliveries.createdAt, tooOld)).run();
  forgetAnswers(db, now, MAX_DELIVERIES);
  const held = db.select({ count: count() }).from(deliveries).get()?.count ?? 0;
  if (held > MAX_DELIVERIES) {
    const excess = db
      .select({ id: deliveries.id })
      .from(deliveries)
      .orderBy(desc(ne(deliveries.status, "pending")), asc(deliveries.id))
      .limit(held - MAX_DELIVERIES);
    db.delete(deliveries).where(inArray(deliveries.id, excess)).run();
  }
  const kept = db.select().from(deliveries).where(eq(deliveries.webhook, receivers.webhook));
  db.delete(receivers).where(notExists(kept)).run();
}

/** When there is something to do; null: never. */
export function nextDueAt(db: Database): number | null {
  const due =
    db
      .select({ at: min(deliveries.nextAttemptAt) })
      .from(deliveries)
      .get()?.at ?? null;
  const oldest =
    db
      .select({ at: min(deliveries.createdAt) })
      .from(deliveries)
      .where(isNull(deliveries.nextAttemptAt))
      .get()?.at ?? null;
  const times = [due, oldest === null ? null : Date.parse(oldest) + KEEP_MS].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

export function toDelivery({ body: _, tries: __, nextAttemptAt, ...row }: DeliveryRow): Delivery {
  return { ...row, nextAttemptAt: nextAttemptAt === null ? null : isoTime(nextAttemptAt) };
}

function isoTime(now: number): string {
  return new Date(now).toISOString();
}
