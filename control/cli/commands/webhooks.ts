import { type Command, Option } from "commander";
import type { DeliveriesOptions, RedeliverOptions } from "../actions/deliveries.ts";
import type { CreateWebhookOptions, UpdateWebhookOptions, WebhookOptions } from "../actions/webhooks.ts";
import {
  allOption,
  declareGroup,
  jsonOption,
  limitOption,
  projectOption,
  type Run,
  repeatableOption,
} from "../declare.ts";

const EVENT_HELP = "send this event, like deployment.live; may be repeated (default: all)";

/** A project's events, sent to a receiver of its owner. */
export function declareWebhooks(program: Command, run: Run): void {
  const webhooks = declareGroup(program, "webhooks", "a project's events, sent to a receiver of yours");

  webhooks
    .command("list", { isDefault: true })
    .description("the webhooks of a project (the default)")
    .addOption(projectOption())
    .addOption(jsonOption("print them as JSON"))
    .action(
      run<WebhookOptions>(async (context, options) => {
        const { listWebhooks } = await import("../actions/webhooks.ts");
        await listWebhooks(context, options);
      }),
    );

  webhooks
    .command("create")
    .description("send events to a receiver, and print the secret that signs them: it is shown this once")
    .argument("<url>", "of the receiver: https, on a public host")
    .addOption(projectOption())
    .addOption(repeatableOption("--event <type>", EVENT_HELP))
    .option("--description <text>", "what it is for")
    .addOption(jsonOption("print the webhook and its secret"))
    .action(
      run<Omit<CreateWebhookOptions, "url">>(async (context, options, [url = ""]) => {
        const { createWebhook } = await import("../actions/webhooks.ts");
        await createWebhook(context, { ...options, url });
      }),
    );

  webhooks
    .command("update")
    .description("change a webhook, switch it off or on")
    .argument("<webhook>", "its id, as the list shows it")
    .addOption(projectOption())
    .option("--url <url>", "send to this address instead")
    .addOption(repeatableOption("--event <type>", "send these events instead; may be repeated"))
    .option("--description <text>", "what it is for")
    .option("--enable", "send again")
    .addOption(new Option("--disable", "send nothing; what waits is dropped").conflicts("enable"))
    .addOption(jsonOption("print the webhook"))
    .action(
      run<Omit<UpdateWebhookOptions, "webhook">>(async (context, options, [webhook = ""]) => {
        const { updateWebhook } = await import("../actions/webhooks.ts");
        await updateWebhook(context, { ...options, webhook });
      }),
    );

  webhooks
    .command("delete")
    .description("delete a webhook; what waits to be sent is dropped")
    .argument("<webhook>", "its id, as the list shows it")
    .addOption(projectOption())
    .addOption(jsonOption("print the webhook that was deleted"))
    .action(
      run<WebhookOptions>(async (context, options, [webhook = ""]) => {
        const { deleteWebhook } = await import("../actions/webhooks.ts");
        await deleteWebhook(context, { ...options, webhook });
      }),
    );

  webhooks
    .command("rotate")
    .description("give a webhook a fresh secret, and print it; the old one signs too for 24 hours")
    .argument("<webhook>", "its id, as the list shows it")
    .addOption(projectOption())
    .addOption(jsonOption("print the webhook and its secret"))
    .action(
      run<WebhookOptions>(async (context, options, [webhook = ""]) => {
        const { rotateWebhook } = await import("../actions/webhooks.ts");
        await rotateWebhook(context, { ...options, webhook });
      }),
    );

  webhooks
    .command("deliveries")
    .description("what was sent to a webhook and what came of it, newest first")
    .argument("<webhook>", "its id, as the list shows it")
    .addOption(projectOption())
    .option("--status <status>", "only pending, delivered, failed or dropped ones")
    .addOption(limitOption())
    .addOption(allOption())
    .addOption(jsonOption("print the page of deliveries"))
    .action(
      run<Omit<DeliveriesOptions, "webhook">>(async (context, options, [webhook = ""]) => {
        const { listDeliveries } = await import("../actions/deliveries.ts");
        await listDeliveries(context, { ...options, webhook });
      }),
    );

  webhooks
    .command("redeliver")
    .description("send a message again")
    .argument("<webhook>", "its id, as the list shows it")
    .argument("<delivery>", "the message's id, as deliveries shows it")
    .addOption(projectOption())
    .addOption(jsonOption("print the delivery"))
    .action(
      run<Omit<RedeliverOptions, "webhook" | "delivery">>(async (context, options, [webhook = "", delivery = ""]) => {
        const { redeliver } = await import("../actions/deliveries.ts");
        await redeliver(context, { ...options, webhook, delivery });
      }),
    );
}
