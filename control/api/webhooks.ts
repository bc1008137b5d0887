import { Paging } from "../../schema/contracts/paging.ts";
import {
  CreateWebhook,
  DeliveryPage,
  Delivery as DeliverySchema,
  ListDeliveries,
  NewWebhook,
  UpdateWebhook,
  WEBHOOK_EVENT_TYPES,
  WebhookPage,
  Webhook as WebhookSchema,
} from "../../schema/contracts/webhooks.ts";
import { DeliveryId, WebhookId, webhookIdFrom } from "../../schema/ids.ts";
import { type ReceiverRules, refuseReceiver } from "../webhooks/refuse-receiver.ts";
import { createSecret } from "../webhooks/secret.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { findDeletion } from "./open-project.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, defineRoute, IdempotencyHeaders, json, jsonBody, ProjectParams } from "./route.ts";
import { unwrap } from "./unwrap.ts";

const WebhookParams = ProjectParams.extend({ webhook: WebhookId });
const DeliveryParams = WebhookParams.extend({ delivery: DeliveryId });

const createWebhookRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/webhooks",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "Send a project's events to a receiver",
  description: "Messages are signed as Standard Webhooks say, with the secret that this answer alone shows.",
  request: { params: ProjectParams, headers: IdempotencyHeaders, body: jsonBody(CreateWebhook) },
  responses: { 201: json(NewWebhook, "Created. A repetition of the request does not show the secret again.") },
});

const listRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/webhooks",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "List a project's webhooks, oldest first",
  request: { params: ProjectParams, query: Paging },
  responses: { 200: json(WebhookPage, "One page.") },
});

const readRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/webhooks/{webhook}",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "Look at a webhook",
  request: { params: WebhookParams },
  responses: { 200: json(WebhookSchema, "The webhook.") },
});

const updateRoute = defineRoute({
  method: "patch",
  path: "/projects/{project}/webhooks/{webhook}",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "Change a webhook, switch it off or on",
  request: { params: WebhookParams, headers: IdempotencyHeaders, body: jsonBody(UpdateWebhook) },
  responses: { 200: json(WebhookSchema, "The webhook as it is now.") },
});

const deleteRoute = defineRoute({
  method: "delete",
  path: "/projects/{project}/webhooks/{webhook}",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "Delete a webhook",
  request: { params: WebhookParams, headers: IdempotencyHeaders },
  responses: { 204: { description: "Deleted, now or before. What was still to be sent to it is dropped." } },
});

const rotateRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/webhooks/{webhook}/rotate",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "Give a webhook a fresh secret",
  description: "For 24 hours messages carry a signature of each secret, so that receivers can change over in peace.",
  request: { params: WebhookParams, headers: IdempotencyHeaders },
  responses: { 200: json(NewWebhook, "With the fresh secret. A repetition of the request does not show it again.") },
});

const deliveriesRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/webhooks/{webhook}/deliveries",
  tags: ["Webhooks"],
  scope: "read",
  summary: "See what was sent to a webhook and how that went, newest first",
  description: "Kept for 30 days, at most 1 000 of a project.",
  request: { params: WebhookParams, query: ListDeliveries },
  responses: { 200: json(DeliveryPage, "One page.") },
});

const redeliverRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/webhooks/{webhook}/deliveries/{delivery}/redeliver",
  tags: ["Webhooks"],
  scope: "admin",
  summary: "Send a message once more, now",
  description: "It keeps its id, so that receivers know it again.",
  request: { params: DeliveryParams, headers: IdempotencyHeaders },
  responses: { 202: json(DeliverySchema, "It is on its way.") },
});

export function webhookRoutes() {
  const routes = createRoutes();

  routes.openapi(createWebhookRoute, async (c) => {
    const { newId, randomBytes } = c.var.deps;
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    const secret = createSecret(randomBytes);
    const fields = {
      id: webhookIdFrom(newId()),
      url: readReceiverUrl(body.url, c.var.deps.receiverRules),
      events: body.events ?? [...WEBHOOK_EVENT_TYPES],
      description: body.description ?? "",
      secret,
    };
    const webhook = unwrap(await c.var.object.createWebhook(fields, request, c.var.actor));
    return c.json({ ...webhook, secret: webhook.id === fields.id ? secret : null }, 201);
  });

  routes.openapi(listRoute, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const list = ["webhooks", c.var.project.id];
    const after = decodeCursor(list, cursor, WebhookId);
    const rows = await c.var.object.listWebhooks({ after, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, (row) => row.id);
    return c.json({ webhooks: page, next }, 200);
  });

  routes.openapi(readRoute, async (c) =>
    c.json(unwrap(await c.var.object.getWebhook(c.req.valid("param").webhook)), 200),
  );

  routes.openapi(updateRoute, async (c) => {
    const body = c.req.valid("json");
    const { receiverRules } = c.var.deps;
    const change = { ...body, ...(body.url !== undefined && { url: readReceiverUrl(body.url, receiverRules) }) };
    const { webhook } = c.req.valid("param");
    const request = await readRequestKey(c, body);
    return c.json(unwrap(await c.var.object.updateWebhook(webhook, change, request, c.var.actor)), 200);
  });

  routes.openapi(deleteRoute, async (c) => {
    const request = await readRequestKey(c, null);
    unwrap(await c.var.object.deleteWebhook(c.req.valid("param").webhook, request, c.var.actor));
    return c.body(null, 204);
  });

  routes.openapi(rotateRoute, async (c) => {
    const { newId, randomBytes } = c.var.deps;
    const request = await readRequestKey(c, null);
    const fresh = { secret: createSecret(randomBytes), rotation: newId() };
    const { webhook, object, actor } = { ...c.req.valid("param"), ...c.var };
    const rotated = unwrap(await object.rotateWebhook(webhook, fresh, request, actor));
    return c.json({ ...rotated.webhook, secret: rotated.rotation === fresh.rotation ? fresh.secret : null }, 200);
  });

  routes.openapi(deliveriesRoute, async (c) => {
    const { webhook } = c.req.valid("param");
    const { cursor, limit, status } = c.req.valid("query");
    const { project, object, deps } = c.var;
    const list = ["deliveries", project.id, webhook, status];
    const before = decodeCursor(list, cursor, DeliveryId);
    unwrap(await object.getWebhook(webhook));
    const rows = await deps.webhookSenders(project.id).listDeliveries(webhook, { status, before, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, (row) => row.id);
    return c.json({ deliveries: page, next }, 200);
  });

  routes.openapi(redeliverRoute, async (c) => {
    const { webhook, delivery } = c.req.valid("param");
    const request = await readRequestKey(c, null);
    const { project, object, deps } = c.var;
    unwrap(await object.getWebhook(webhook));
    const refusal = await findDeletion(c.var);
    const redelivered = await deps.webhookSenders(project.id).redeliver(webhook, delivery, request, refusal);
    return c.json(unwrap(redelivered), 202);
  });

  return routes;
}

/** In its canonical spelling. */
function readReceiverUrl(text: string, rules: ReceiverRules): string {
  const refusal = refuseReceiver(text, rules);
  if (refusal !== null) throw new ProblemError("webhook_url_refused", refusal);
  return new URL(text).href;
}
