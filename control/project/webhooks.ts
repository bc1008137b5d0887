/** A project's webhooks: where its events are sent, and the secrets that sign them. Called in the transaction of the change. */
import { and, asc, count, eq, gt, sql } from "drizzle-orm";
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import {
  MAX_SECRETS,
  MAX_WEBHOOKS,
  OLD_SECRET_MS,
  type UpdateWebhook,
  type Webhook,
} from "../../schema/contracts/webhooks.ts";
import type { WebhookId } from "../../schema/ids.ts";
import type { PlatformActor } from "../../schema/platform-actor.ts";
import { events, webhooks } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Database } from "./database.ts";
import { findIdentity } from "./identity.ts";
import { recordEvent } from "./journal.ts";
import type { Refusal } from "./promote-gate.ts";

/** Who did it, when the platform gives a receiver up. */
const SENDER: PlatformActor = "webhooks";

type WebhookRow = typeof webhooks.$inferSelect;

/** A webhook that its owner wants; the caller has checked its URL. */
export type NewWebhookFields = Pick<WebhookRow, "id" | "url" | "events" | "description"> & { readonly secret: string };

/** What changes, by whom and when. */
type Change = { readonly actor: Actor; readonly now: number };

export function addWebhook(
  db: Database,
  { secret, ...fields }: NewWebhookFields,
  { actor, now }: Change,
): Result<Webhook, Refusal> {
  const held = db.select({ count: count() }).from(webhooks).get()?.count ?? 0;
  if (held >= MAX_WEBHOOKS) {
    return err({ code: "limit_reached", detail: `A project has at most ${MAX_WEBHOOKS} webhooks. Delete one first.` });
  }
  const at = new Date(now).toISOString();
  const row = db
    .insert(webhooks)
    .values({
      ...fields,
      events: [...new Set(fields.events)],
      secrets: [{ secret, until: null }],
      active: true,
      activeSince: at,
      createdBy: nameOf(actor),
      createdByToken: tokenOf(actor),
      createdAt: at,
    })
    .returning()
    .get();
  noteChange(db, "webhook.created", row, { actor, now });
  return ok(toWebhook(row));
}

export function getWebhook(db: Database, id: WebhookId): Result<Webhook, Refusal> {
  const row = findRow(db, id);
  return row ? ok(toWebhook(row)) : notFound(id);
}

/** Oldest first. */
export function listWebhooks(
  db: Database,
  { after, limit }: { after: WebhookId | undefined; limit: number },
): Webhook[] {
  return db
    .select()
    .from(webhooks)
    .where(after && gt(webhooks.id, after))
    .orderBy(asc(webhooks.id))
    .limit(limit)
    .all()
    .map(toWebhook);
}

/** Switched on again, a webhook forgets why it was off. */
export function updateWebhook(
  db: Database,
  id: WebhookId,
  { url, events, description, active }: UpdateWebhook,
  { actor, now }: Change,
): Result<Webhook, Refusal> {
  const row = findRow(db, id);
  if (!row) return notFound(id);
  const next = {
    ...row,
    url: url ?? row.url,
    events: [...new Set(events ?? row.events)],
    description: description ?? row.description,
    active: active ?? row.active,
  };
  if (next.active) next.disabledReason = null;
  if (next.url !== row.url || (next.active && !row.active)) next.activeSince = new Date(now).toISOString();
  if (JSON.stringify(next) === JSON.stringify(row)) return ok(toWebhook(row));
  db.update(webhooks).set(next).where(eq(webhooks.id, id)).run();
  noteChange(db, "webhook.updated", next, { actor, now });
  return ok(toWebhook(next));
}

/** A fresh secret signs from now on; the one before signs beside it until every receiver has learnt the new one. */
export function rotateSecret(
  db: Database,
  id: WebhookId,
  secret: string,
  { actor, now }: Change,
): Result<Webhook, Refusal> {
  const row = findRow(db, id);
  if (!row) return notFound(id);
  const until = new Date(now + OLD_SECRET_MS).toISOString();
  const old = row.secrets
    .map((held) => ({ ...held, until: held.until ?? until }))
    .filter((held) => Date.parse(held.until) > now);
  if (old.length >= MAX_SECRETS) {
    const detail = `${old.length - 1} older secrets of this webhook still sign. Rotate it again when the first of them ends, within 24 hours.`;
    return err({ code: "limit_reached", detail });
  }
  const next = { ...row, secrets: [{ secret, until: null }, ...old] };
  db.update(webhooks).set(next).where(eq(webhooks.id, id)).run();
  noteChange(db, "webhook.updated", next, { actor, now }, { rotated: true });
  return ok(toWebhook(next));
}

/** Deleted again, it is as it was. */
export function deleteWebhook(db: Database, id: WebhookId, change: Change): Result<null, Refusal> {
  const row = findRow(db, id);
  if (!row) return wasDeleted(db, id) ? ok(null) : notFound(id);
  db.delete(webhooks).where(eq(webhooks.id, id)).run();
  noteChange(db, "webhook.deleted", row, change);
  return ok(null);
}

/** Where messages go, and what signs them. */
export type Receiver = {
  readonly url: string;
  /** Newest first. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch: since when it goes there. */
  readonly activeSince: number;
};

/** Null: nothing may be sent to it. */
export function findReceiver(db: Database, id: WebhookId, now: number): Receiver | null {
  const row = findRow(db, id);
  if (!row?.active || findIdentity(db)?.deletedAt !== null) return null;
  const secrets = row.secrets.filter(({ until }) => until === null || Date.parse(until) > now);
  return { url: row.url, secrets: secrets.map(({ secret }) => secret), activeSince: Date.parse(row.activeSince) };
}

export function switchOff(
  db: Database,
  { id, url, reason, now }: { id: WebhookId; url: string; reason: string; now: number },
): void {
  const row = findRow(db, id);
  if (!row?.active || row.url !== url) return;
  const next = { ...row, active: false, disabledReason: reason };
  db.update(webhooks).set(next).where(eq(webhooks.id, id)).run();
  noteChange(db, "webhook.updated", next, { actor: SENDER, now }, { reason });
}

function findRow(db: Database, id: WebhookId): WebhookRow | null {
  return db.select().from(webhooks).where(eq(webhooks.id, id)).get() ?? null;
}

/** Its row is gone; the event stays. */
function wasDeleted(db: Database, id: WebhookId): boolean {
  const isOfIt = sql`json_extract(${events.data}, '$.webhook') = ${id}`;
  const found = db
    .select({ seq: events.seq })
    .from(events)
    .where(and(eq(events.type, "webhook.deleted"), isOfIt))
    .limit(1)
    .get();
  return found !== undefined;
}

/** More people read events than may read webhooks: of the URL, whose path may be a secret, they see the host. */
function noteChange(
  db: Database,
  type: "webhook.created" | "webhook.updated" | "webhook.deleted",
  { id, url, active }: WebhookRow,
  { actor, now }: Change,
  more: Record<string, string | boolean> = {},
): void {
  const data = { webhook: id, host: new URL(url).host, active, ...more };
  recordEvent(db, { at: new Date(now).toISOString(), type, actor, data });
}

function toWebhook({ secrets: _, activeSince: __, ...row }: WebhookRow): Webhook {
  return row;
}

function notFound(id: WebhookId): Result<never, Refusal> {
  return err({ code: "webhook_not_found", detail: `There is no webhook "${id}" here.` });
}
