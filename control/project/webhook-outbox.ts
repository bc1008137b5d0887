import { eq } from "drizzle-orm";
import type { ProjectEvent } from "../../schema/contracts/events.ts";
import { isWebhookEventType, type WebhookMessage } from "../../schema/contracts/webhooks.ts";
import type { WebhookId } from "../../schema/ids.ts";
import { webhooks } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import { findIdentity } from "./identity.ts";
import { enqueue } from "./outbox.ts";

/** What the `WebhookSender` is handed: a message and whom it is for. */
export type WebhookDispatch = { readonly message: WebhookMessage; readonly webhooks: readonly WebhookId[] };

/** Notes an event for the webhooks that want it. Call it in the transaction that recorded the event. */
export function enqueueForWebhooks(db: Database, event: ProjectEvent): void {
  const { type, at, seq } = event;
  if (!isWebhookEventType(type)) return;
  const wanted = db.select().from(webhooks).where(eq(webhooks.active, true)).all();
  const ids = wanted.filter(({ events }) => events.includes(type)).map(({ id }) => id);
  const self = findIdentity(db);
  if (ids.length === 0 || !self || self.deletedAt !== null) return;
  const message: WebhookMessage = { type, timestamp: at, data: { project: self.id, slug: self.slug, event } };
  const dispatch: WebhookDispatch = { message, webhooks: ids };
  enqueue(db, "webhook", `webhook/${seq}`, dispatch, Date.parse(at));
}
