/** The tables of a `WebhookSender` object: what is to be sent to one project's receivers, and what became of it. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { DELIVERY_STATUSES, type DeliveryAttempt, WEBHOOK_EVENT_TYPES } from "../contracts/webhooks.ts";
import type { DeliveryId, WebhookId } from "../ids.ts";

export { idempotency } from "../project/tables.ts";

export const deliveries = sqliteTable(
  "deliveries",
  {
    /** Follows from event and webhook, so that the same event handed over twice is one delivery. */
    id: text().$type<DeliveryId>().primaryKey(),
    webhook: text().$type<WebhookId>().notNull(),
    type: text({ enum: WEBHOOK_EVENT_TYPES }).notNull(),
    /** `seq` of the event. */
    event: integer().notNull(),
    /** What is sent, byte for byte the same in every attempt. */
    body: text().notNull(),
    status: text({ enum: DELIVERY_STATUSES }).notNull(),
    /** Oldest first; the last ones when there were many. */
    attempts: text({ mode: "json" }).$type<DeliveryAttempt[]>().notNull(),
    /** Attempts of the present round: sending it again by hand begins a new one. */
    tries: integer().notNull(),
    /** Milliseconds since the epoch; while an attempt goes on, when it counts as lost. Null: it is over. */
    nextAttemptAt: integer(),
    createdAt: text().notNull(),
  },
  (table) => [
    index("deliveries_by_webhook").on(table.webhook, table.id),
    index("deliveries_by_turn").on(table.webhook, table.nextAttemptAt),
    index("deliveries_by_due").on(table.nextAttemptAt),
  ],
);

/** One row per webhook that has deliveries. */
export const receivers = sqliteTable("receivers", {
  webhook: text().$type<WebhookId>().primaryKey(),
  /** Milliseconds since the epoch: the first failure since the last success. Null: it answers. */
  failingSince: integer(),
});
