import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import {
  CreateWebhook,
  type Delivery,
  UpdateWebhook,
  WEBHOOK_EVENT_TYPES,
  type Webhook,
} from "../../../../schema/contracts/webhooks.ts";
import { deliveryIdFrom, type WebhookId, webhookIdFrom } from "../../../../schema/ids.ts";
import { type Answer, type Asked, cutPage, matches, ok, problem } from "./answer.ts";

export type FakeWebhooks = {
  /** Of the one project that a test looks at. */
  readonly webhooks: Webhook[];
  readonly deliveries: Delivery[];
  isRepetition: boolean;
  addWebhook(fields?: Partial<Webhook>): Webhook;
  addDelivery(webhook: WebhookId, fields?: Partial<Delivery>): Delivery;
  answer(asked: Asked): Answer;
};

const AT = "2026-11-23T12:00:00.000Z";

export function createFakeWebhooks(): FakeWebhooks {
  const deleted = new Set<string>();
  const fake: FakeWebhooks = {
    webhooks: [],
    deliveries: [],
    isRepetition: false,
    addWebhook(fields = {}) {
      const webhook: Webhook = {
        id: webhookIdFrom(uuidv7()),
        url: "https://hooks.example.com/atelier",
        events: [...WEBHOOK_EVENT_TYPES],
        description: "",
        active: true,
        disabledReason: null,
        createdBy: "tests",
        createdByToken: "0123456789abcdef",
        createdAt: AT,
        ...fields,
      };
      fake.webhooks.push(webhook);
      return webhook;
    },
    addDelivery(webhook, fields = {}) {
      const delivery: Delivery = {
        id: deliveryIdFrom(uuidv7()),
        webhook,
        type: "deployment.live",
        event: 7,
        status: "delivered",
        attempts: [{ at: AT, status: 204, error: null, durationMs: 31 }],
        nextAttemptAt: null,
        createdAt: AT,
        ...fields,
      };
      fake.deliveries.unshift(delivery);
      return delivery;
    },
    answer({ method, parts: [id, sub, message, action], query, body }) {
      if (!id) return method === "POST" ? create(body) : cutPage("webhooks", fake.webhooks, query);
      if (method === "DELETE" && deleted.has(id)) return { status: 204, body: undefined };
      const index = fake.webhooks.findIndex((webhook) => webhook.id === id);
      const webhook = fake.webhooks[index];
      if (!webhook) return problem("webhook_not_found");
      switch (`${method} ${[sub, message && "*", action].filter(Boolean).join("/")}`) {
        case "GET ":
          return ok(webhook);
        case "PATCH ": {
          const { url, events, description, active } = UpdateWebhook.parse(body);
          fake.webhooks[index] = {
            ...webhook,
            url: url ?? webhook.url,
            events: events ?? webhook.events,
            description: description ?? webhook.description,
            active: active ?? webhook.active,
          };
          return ok(fake.webhooks[index]);
        }
        case "DELETE ":
          fake.webhooks.splice(index, 1);
          deleted.add(id);
          return { status: 204, body: undefined };
        case "POST rotate":
          return withSecret(webhook, 200);
        case "GET deliveries":
          return cutPage("deliveries", deliveriesOf(webhook, query), query);
        case "POST deliveries/*/redeliver": {
          const delivery = fake.deliveries.find((candidate) => candidate.id === message);
          return delivery
            ? ok({ ...delivery, status: "pending", nextAttemptAt: AT }, 202)
            : problem("delivery_not_found");
        }
        default:
          return problem("route_not_found");
      }
    },
  };
  return fake;

  function create(body: unknown): Answer {
    const { url, events, description } = CreateWebhook.parse(body);
    return withSecret(fake.addWebhook({ url, ...(events && { events }), description: description ?? "" }), 201);
  }

  function withSecret(webhook: Webhook, status: number): Answer {
    const secret = fake.isRepetition ? null : `whsec_${randomBytes(32).toString("base64")}`;
    return ok({ ...webhook, secret }, status);
  }

  function deliveriesOf({ id }: Webhook, query: URLSearchParams): Delivery[] {
    return fake.deliveries.filter((delivery) => delivery.webhook === id && matches(delivery, query, ["status"]));
  }
}
