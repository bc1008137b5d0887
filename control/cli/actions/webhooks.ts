import { CreateWebhook, UpdateWebhook, WEBHOOK_EVENT_TYPES, type Webhook } from "../../../schema/contracts/webhooks.ts";
import { formatCount } from "../../../schema/figures.ts";
import { WebhookId } from "../../../schema/ids.ts";
import { withAdvice } from "../advice.ts";
import { wholeList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { formatAge } from "../figures.ts";
import { parseArgument, parseChoice } from "../parse-argument.ts";
import { printList } from "../print-list.ts";
import { printSecret } from "../print-secret.ts";
import { toPrintable } from "../printable.ts";
import { findProject } from "../project-link.ts";

export type WebhookOptions = { readonly project?: string; readonly json?: boolean };
export type CreateWebhookOptions = WebhookOptions & {
  readonly url: string;
  readonly event?: readonly string[];
  readonly description?: string;
};
export type UpdateWebhookOptions = Partial<CreateWebhookOptions> & {
  readonly webhook: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
};
type OneWebhook = WebhookOptions & { readonly webhook: string };

export async function listWebhooks(context: CommandContext, options: WebhookOptions): Promise<void> {
  const { api, paint, now, invocation } = context;
  const { id, slug } = await findProject(context, options.project);
  const view = {
    name: "webhooks",
    head: ["WEBHOOK", "STATE", "EVENTS", "AGE", "URL"],
    row: (webhook: Webhook) => [
      { text: webhook.id },
      webhook.active ? { text: "active", paint: paint.green } : { text: "off", paint: paint.red },
      { text: describeEvents(webhook) },
      { text: formatAge(webhook.createdAt, now()), paint: paint.dim },
      { text: toPrintable([webhook.url, webhook.description, webhook.disabledReason].filter(Boolean).join(" · ")) },
    ],
    whole: true,
    none: `${slug} has no webhooks. Make one with: ${invocation} webhooks create <url> -p ${slug}`,
  };
  printList(context, await wholeList(api.listWebhooks(id)), view, options);
}

/** Prints the secret alone, or all about the webhook as JSON. */
export async function createWebhook(context: CommandContext, options: CreateWebhookOptions): Promise<void> {
  const { api, signal, invocation } = context;
  const body = parseArgument(CreateWebhook, { url: options.url, ...readFields(options) }, "The webhook");
  const { id, slug } = await findProject(context, options.project);
  const advice = `The webhook may have been made: "${invocation} webhooks -p ${slug}" shows it. Rotate its secret then.`;
  const made = await withAdvice(signal, advice, () => api.createWebhook(id, body));
  printSecret(context, made, {
    json: options.json,
    what: `the webhook ${made.id} of ${slug}`,
    next: "The receiver checks the signature of each message with it, as https://www.standardwebhooks.com says.",
    lost: `Make another: ${invocation} webhooks rotate ${made.id} -p ${slug}`,
  });
}

export async function updateWebhook(context: CommandContext, options: UpdateWebhookOptions): Promise<void> {
  const { api, signal, invocation, progress, print } = context;
  const webhook = parseId(options);
  const { url, enable, disable } = options;
  const body = parseArgument(
    UpdateWebhook,
    {
      ...(url !== undefined && { url }),
      ...readFields(options),
      ...((enable || disable) && { active: enable === true }),
    },
    "The webhook",
  );
  if (Object.keys(body).length === 0) {
    throw new Failure("usage", "What is to change? Give --url, --event, --description, --enable or --disable.");
  }
  const { id, slug } = await findProject(context, options.project);
  const advice = `How it is now: ${invocation} webhooks -p ${slug}`;
  const updated = await withAdvice(signal, advice, () => api.updateWebhook(id, webhook, body));
  const state = updated.active ? `gets ${describeEvents(updated)}` : "gets nothing";
  progress.done(`${toPrintable(updated.url)} ${state}.`);
  if (options.json) print(JSON.stringify(updated));
}

export async function deleteWebhook(context: CommandContext, options: OneWebhook): Promise<void> {
  const { api, signal, invocation, progress, print } = context;
  const webhook = parseId(options);
  const { id, slug } = await findProject(context, options.project);
  const advice = `Whether it is gone: ${invocation} webhooks -p ${slug}`;
  const deleted = await withAdvice(signal, advice, () => api.deleteWebhook(id, webhook));
  progress.done(`Deleted the webhook ${deleted.id}: ${toPrintable(deleted.url)} gets nothing any more.`);
  if (options.json) print(JSON.stringify(deleted));
}

/** Prints the fresh secret alone, or all about the webhook as JSON. */
export async function rotateWebhook(context: CommandContext, options: OneWebhook): Promise<void> {
  const { api, signal, invocation } = context;
  const webhook = parseId(options);
  const { id, slug } = await findProject(context, options.project);
  const again = `${invocation} webhooks rotate ${webhook} -p ${slug}`;
  const advice = `There may be a fresh secret that nobody has. Make another: ${again}`;
  const rotated = await withAdvice(signal, advice, () => api.rotateWebhook(id, webhook));
  printSecret(context, rotated, {
    json: options.json,
    what: `a fresh secret for the webhook ${rotated.id}`,
    next: "For 24 hours messages are signed with the old one too.",
    lost: `Make another: ${again}`,
  });
}

function readFields({ event, description }: Pick<CreateWebhookOptions, "event" | "description">) {
  const events = event?.map((type) => parseChoice(WEBHOOK_EVENT_TYPES, type, "event that a webhook can get"));
  return {
    ...(events !== undefined && { events: [...new Set(events)] }),
    ...(description !== undefined && { description }),
  };
}

function parseId({ webhook }: { readonly webhook: string }): WebhookId {
  return parseArgument(WebhookId, webhook, "The argument 'webhook'");
}

function describeEvents({ events }: Webhook): string {
  if (events.length === WEBHOOK_EVENT_TYPES.length) return "all events";
  return events.length > 1 ? formatCount(events.length, "event") : (events[0] ?? "nothing");
}
