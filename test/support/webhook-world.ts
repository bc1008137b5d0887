/** A world whose projects send webhooks to a receiver on loopback, and whose resolver is the test's. */
import { expect } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { Delivery, type DeliveryPage, NewWebhook } from "../../schema/contracts/webhooks.ts";
import { callApi, createDeployment, sendSource, settled } from "./api-deploy.ts";
import { type DohServer, startDohServer } from "./doh-server.ts";
import { type FakeBuilder, startFakeBuilder } from "./fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "./harness-world.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

export type HookedProject = { readonly id: string; readonly slug: string; readonly path: string };

export type WebhookWorld = HarnessWorld & {
  readonly token: string;
  readonly receiver: WebhookReceiver;
  readonly doh: DohServer;
  readonly builder: FakeBuilder;
  newProject(): Promise<HookedProject>;
  addWebhook(project: HookedProject, body: object): Promise<NewWebhook & { secret: string }>;
  /** Deploys a source that nobody deployed before, until it is live. */
  deploy(project: HookedProject): Promise<Deployment>;
  /** Newest first. */
  deliveries(project: HookedProject, webhook: { id: string }): Promise<Delivery[]>;
  /** Waits until a webhook has that many deliveries and they are all as they should be. */
  untilDeliveries(
    project: HookedProject,
    webhook: { id: string },
    length: number,
    like: Partial<Delivery> | ((delivery: Delivery) => boolean),
  ): Promise<Delivery[]>;
  /** Makes what waits due at once, for an object that has lost its memory. */
  hurry(project: HookedProject): Promise<void>;
};

export async function startWebhookWorld(): Promise<WebhookWorld> {
  const receiver = await startWebhookReceiver();
  const doh = await startDohServer();
  const harness = await startHarnessWorld({
    controlVars: { WEBHOOK_PRIVATE_HOSTS: receiver.host, DNS_RESOLVER_URL: doh.url },
  });
  const builder = await startFakeBuilder(harness.builderPort, harness.putObject);
  const target = { origin: harness.origin, token: harness.credentials.apiToken.token };
  let made = 0;

  const deliveries = async ({ path }: HookedProject, { id }: { id: string }) => {
    const answer = await harness.api("GET", `${path}/${id}/deliveries?limit=100`);
    if (answer.status !== 200) throw new Error(`the deliveries were refused: ${answer.text}`);
    return (JSON.parse(answer.text) as DeliveryPage).deliveries.map((delivery) => Delivery.parse(delivery));
  };

  return {
    ...harness,
    token: target.token,
    receiver,
    doh,
    builder,
    async newProject() {
      made += 1;
      const slug = `hooked-${made}`;
      const { id } = JSON.parse((await callApi(target, "POST", "/projects", { slug })).text) as { id: string };
      return { id, slug, path: `/projects/${slug}/webhooks` };
    },
    async addWebhook({ path }, body) {
      const answer = await harness.api("POST", path, body);
      if (answer.status !== 201) throw new Error(`the webhook was refused: ${answer.text}`);
      const webhook = NewWebhook.parse(JSON.parse(answer.text));
      return { ...webhook, secret: webhook.secret ?? "" };
    },
    async deploy({ slug }) {
      made += 1;
      const source = await sendSource(target, slug, { "package.json": `{"n":${made}}` });
      return settled(target, await createDeployment(target, slug, { source }));
    },
    deliveries,
    async untilDeliveries(project, webhook, length, like) {
      const fits = (delivery: Delivery) =>
        typeof like === "function"
          ? like(delivery)
          : Object.entries(like).every(([field, value]) => delivery[field as keyof Delivery] === value);
      await expect
        .poll(async () => (await deliveries(project, webhook)).map((each) => fits(each) || each), {
          timeout: 20_000,
          interval: 50,
        })
        .toEqual(Array.from({ length }, () => true));
      return deliveries(project, webhook);
    },
    async hurry(project) {
      await harness.senderSql(
        project.id,
        "UPDATE deliveries SET next_attempt_at = 1 WHERE next_attempt_at IS NOT NULL",
      );
      await harness.evictSender(project.id);
      // Whoever asks it anything starts it again.
      await harness.senderSql(project.id, "SELECT 1");
    },
    close: async () => {
      await harness.close();
      await Promise.all([builder.close(), receiver.close(), doh.close()]);
    },
  };
}
