import { DELIVERY_STATUSES, type Delivery } from "../../../schema/contracts/webhooks.ts";
import { formatCount } from "../../../schema/figures.ts";
import { DeliveryId, WebhookId } from "../../../schema/ids.ts";
import { withAdvice } from "../advice.ts";
import { readList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { formatAge, formatTime } from "../figures.ts";
import { parseArgument, parseChoice } from "../parse-argument.ts";
import { printList } from "../print-list.ts";
import { toPrintable } from "../printable.ts";
import { findProject } from "../project-link.ts";

export type DeliveriesOptions = {
  readonly webhook: string;
  readonly project?: string;
  readonly status?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
};
export type RedeliverOptions = {
  readonly webhook: string;
  readonly delivery: string;
  readonly project?: string;
  readonly json?: boolean;
};

/** What was sent to a webhook, newest first, and what came of it. */
export async function listDeliveries(context: CommandContext, options: DeliveriesOptions): Promise<void> {
  const { api, paint, now } = context;
  const webhook = parseArgument(WebhookId, options.webhook, "The argument 'webhook'");
  const status = options.status === undefined ? undefined : parseChoice(DELIVERY_STATUSES, options.status, "status");
  const { id } = await findProject(context, options.project);
  const page = await readList((limit) => api.listDeliveries(id, webhook, { status, limit }), options);
  const paints = { pending: paint.cyan, delivered: paint.green, failed: paint.red, dropped: paint.dim };
  const view = {
    name: "deliveries",
    head: ["DELIVERY", "STATUS", "EVENT", "TYPE", "AGE", "LAST ATTEMPT"],
    row: (delivery: Delivery) => [
      { text: delivery.id },
      { text: delivery.status, paint: paints[delivery.status] },
      { text: String(delivery.event) },
      { text: delivery.type },
      { text: formatAge(delivery.createdAt, now()), paint: paint.dim },
      { text: describeAttempts(delivery) },
    ],
    whole: true,
    none: "Nothing like that was sent to this webhook.",
  };
  printList(context, page, view, options);
}

/** Sends one message once more. */
export async function redeliver(context: CommandContext, options: RedeliverOptions): Promise<void> {
  const { api, signal, invocation, progress, print } = context;
  const webhook = parseArgument(WebhookId, options.webhook, "The argument 'webhook'");
  const given = parseArgument(DeliveryId, options.delivery, "The argument 'delivery'");
  const { id, slug } = await findProject(context, options.project);
  const log = `${invocation} webhooks deliveries ${webhook} -p ${slug}`;
  const delivery = await withAdvice(signal, `Whether it is sent again: ${log}`, () =>
    api.redeliver(id, webhook, given),
  );
  progress.done(`${delivery.id} is sent again. What comes of it: ${log}`);
  if (options.json) print(JSON.stringify(delivery));
}

function describeAttempts({ attempts, nextAttemptAt }: Delivery): string {
  const last = attempts.at(-1);
  const parts = [
    last ? `${last.status ?? "no answer"} in ${last.durationMs} ms` : "none yet",
    last?.error,
    attempts.length > 1 && formatCount(attempts.length, "attempt"),
    nextAttemptAt && `again at ${formatTime(nextAttemptAt)}`,
  ];
  return toPrintable(parts.filter(Boolean).join(", "));
}
