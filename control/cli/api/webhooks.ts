import type * as z from "zod";
import {
  type CreateWebhook,
  Delivery,
  DeliveryPage,
  type ListDeliveries,
  NewWebhook,
  type UpdateWebhook,
  Webhook,
  WebhookPage,
} from "../../../schema/contracts/webhooks.ts";
import type { DeliveryId, ProjectId, WebhookId } from "../../../schema/ids.ts";
import { LARGEST_PAGE, type Pages } from "./pages.ts";
import type { Requests } from "./requests.ts";

export type DeliveryQuery = { readonly limit: number; readonly status?: ListDeliveries["status"] | undefined };

export function webhookCalls({ get, change, remove, pages }: Requests) {
  return {
    createWebhook(project: ProjectId, body: z.input<typeof CreateWebhook>): Promise<NewWebhook> {
      return change("POST", `projects/${project}/webhooks`, body, NewWebhook);
    },
    /** Oldest first. */
    listWebhooks(project: ProjectId): Pages<Webhook> {
      const path = `projects/${project}/webhooks`;
      return pages(path, { limit: LARGEST_PAGE }, WebhookPage, (page) => page.webhooks);
    },
    updateWebhook(project: ProjectId, webhook: WebhookId, body: z.input<typeof UpdateWebhook>): Promise<Webhook> {
      return change("PATCH", `projects/${project}/webhooks/${webhook}`, body, Webhook);
    },
    /** @returns what it was */
    async deleteWebhook(project: ProjectId, webhook: WebhookId): Promise<Webhook> {
      const path = `projects/${project}/webhooks/${webhook}`;
      const found = await get(path, Webhook);
      await remove(path);
      return found;
    },
    rotateWebhook(project: ProjectId, webhook: WebhookId): Promise<NewWebhook> {
      return change("POST", `projects/${project}/webhooks/${webhook}/rotate`, undefined, NewWebhook);
    },
    /** Newest first. */
    listDeliveries(project: ProjectId, webhook: WebhookId, query: DeliveryQuery): Pages<Delivery> {
      const path = `projects/${project}/webhooks/${webhook}/deliveries`;
      return pages(path, query, DeliveryPage, (page) => page.deliveries);
    },
    redeliver(project: ProjectId, webhook: WebhookId, delivery: DeliveryId): Promise<Delivery> {
      const path = `projects/${project}/webhooks/${webhook}/deliveries/${delivery}/redeliver`;
      return change("POST", path, undefined, Delivery);
    },
  };
}
