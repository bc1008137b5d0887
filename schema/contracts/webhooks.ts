/**
 * Webhooks: a project's deployment and release events, sent to a receiver of its owner. Messages are signed as Standard Webhooks
 * say (https://www.standardwebhooks.com): headers `webhook-id`, `webhook-timestamp`, `webhook-signature`.
 */
import * as z from "zod";
import { DeliveryId, ProjectId, WebhookId } from "../ids.ts";
import { type EventType, ProjectEvent, ROLLOUT_EVENT_TYPES } from "./events.ts";
import { FreeText } from "./free-text.ts";
import { Paging } from "./paging.ts";
import { TokenId } from "./tokens.ts";

export const WEBHOOK_EVENT_TYPES = [
  "deployment.created",
  "deployment.building",
  "deployment.built",
  "deployment.uploading",
  "deployment.failed",
  "deployment.live",
  "deployment.superseded",
  "route.flipped",
  ...ROLLOUT_EVENT_TYPES,
] as const;
export const WebhookEventType = z.enum(WEBHOOK_EVENT_TYPES);
export type WebhookEventType = z.infer<typeof WebhookEventType>;

export function isWebhookEventType(type: EventType): type is WebhookEventType {
  return (WEBHOOK_EVENT_TYPES as readonly EventType[]).includes(type);
}

/** Of a project. */
export const MAX_WEBHOOKS = 10;
/** Kept in the log of a project. */
export const MAX_DELIVERIES = 1_000;

/** How long a secret still signs after a newer one took its place. */
export const OLD_SECRET_MS = 24 * 60 * 60_000;
/** The newest secret and those that still sign beside it. */
export const MAX_SECRETS = 4;

/** `whsec_<base64>`, and until when it signs: null for the newest. */
export type WebhookSecret = { readonly secret: string; readonly until: string | null };

/** https, a public host, no user-info, no fragment. Where the host leads is looked up again at every attempt. */
const ReceiverUrl = z.url().max(2_000);
const Description = FreeText.trim().max(200);

/** `POST /v1/projects/:project/webhooks` */
export const CreateWebhook = z.strictObject({
  url: ReceiverUrl,
  /** Which events. Without it: all of them. */
  events: z.array(WebhookEventType).min(1).optional(),
  description: Description.optional(),
});
export type CreateWebhook = z.infer<typeof CreateWebhook>;

/** `PATCH /v1/projects/:project/webhooks/:webhook` */
export const UpdateWebhook = z.strictObject({
  url: ReceiverUrl.optional(),
  events: z.array(WebhookEventType).min(1).optional(),
  description: Description.optional(),
  /** False: nothing is sent, and what waits is dropped. */
  active: z.boolean().optional(),
});
export type UpdateWebhook = z.infer<typeof UpdateWebhook>;

export const Webhook = z.object({
  id: WebhookId,
  url: z.string(),
  events: z.array(WebhookEventType),
  description: z.string(),
  active: z.boolean(),
  /** Why the platform switched it off: it had failed for days. */
  disabledReason: z.string().nullable(),
  createdBy: z.string(),
  createdByToken: TokenId.nullable(),
  createdAt: z.iso.datetime(),
});
export type Webhook = z.infer<typeof Webhook>;

/** `secret` is shown once: `whsec_<base64>`. Null when the same request had been answered before: then rotate it. */
export const NewWebhook = Webhook.extend({ secret: z.string().nullable() });
export type NewWebhook = z.infer<typeof NewWebhook>;

export const WebhookPage = z.object({ webhooks: z.array(Webhook), next: z.string().nullable() });
export type WebhookPage = z.infer<typeof WebhookPage>;

/** What a receiver gets as the body. `type` and `timestamp` are those of Standard Webhooks. */
export const WebhookMessage = z.object({
  type: WebhookEventType,
  timestamp: z.iso.datetime(),
  data: z.object({ project: ProjectId, slug: z.string(), event: ProjectEvent }),
});
export type WebhookMessage = z.infer<typeof WebhookMessage>;

export const DELIVERY_STATUSES = ["pending", "delivered", "failed", "dropped"] as const;

/** One try to hand a message over. */
export const DeliveryAttempt = z.object({
  at: z.iso.datetime(),
  /** The receiver's status; null when there was no answer. */
  status: z.int().nullable(),
  /** Why it does not count as delivered; null when it does. */
  error: z.string().nullable(),
  durationMs: z.int(),
});
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

export const Delivery = z.object({
  id: DeliveryId,
  webhook: WebhookId,
  type: WebhookEventType,
  /** `seq` of the event. */
  event: z.int(),
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.array(DeliveryAttempt),
  nextAttemptAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
});
export type Delivery = z.infer<typeof Delivery>;

/** Newest first. */
export const DeliveryPage = z.object({ deliveries: z.array(Delivery), next: z.string().nullable() });
export type DeliveryPage = z.infer<typeof DeliveryPage>;

export const ListDeliveries = Paging.extend({ status: z.enum(DELIVERY_STATUSES).optional() });
export type ListDeliveries = z.infer<typeof ListDeliveries>;
