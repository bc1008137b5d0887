/** `atelier webhooks`. The secret stands on stdout alone. */
import { describe, expect, it } from "vitest";
import { DeliveryPage, NewWebhook, Webhook, WebhookPage } from "../../../schema/contracts/webhooks.ts";
import { startWithShop } from "./start-with-shop.ts";

const URL_OF_RECEIVER = "https://hooks.example.com/in";

describe.concurrent("webhooks", () => {
  it("lists them, all pages of them", async () => {
    const { api, run, cwd } = await startWithShop();
    for (let index = 0; index < 201; index++) api.webhooks.addWebhook();
    const { stdout } = await run(["webhooks", "--json"], { cwd });
    expect(WebhookPage.parse(JSON.parse(stdout)).webhooks).toEqual(api.webhooks.webhooks);
    expect(api.requests("GET", "/projects/prj_")).toHaveLength(3);

    api.webhooks.webhooks.splice(0);
    const one = api.webhooks.addWebhook({ events: ["deployment.live"], description: "Chat" });
    const off = api.webhooks.addWebhook({ active: false, disabledReason: "It had failed for days." });
    const [head, ...lines] = (await run(["webhooks", "list"], { cwd })).stdout.trimEnd().split("\n");
    expect(head).toMatch(/^WEBHOOK +STATE +EVENTS +AGE +URL$/);
    expect(lines[0]).toMatch(new RegExp(`^${one.id}  active  deployment\\.live +\\d+[a-z]+ ago +${one.url} · Chat$`));
    expect(lines[1]).toMatch(new RegExp(`^${off.id}  off     all events .*${off.url} · It had failed for days\\.$`));
  });

  it("creates one and prints its secret alone", async () => {
    const { api, run, cwd } = await startWithShop();
    const args = ["webhooks", "create", URL_OF_RECEIVER, "--event", "deployment.live,deployment.failed"];
    const { code, stdout, stderr } = await run([...args, "--description", "Chat"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^whsec_\S+\n$/);
    expect(stderr).toContain(
      `Made the webhook ${api.webhooks.webhooks[0]?.id} of shop. Its secret is shown this once.`,
    );
    expect(stderr).not.toContain(stdout.trimEnd());
    expect(JSON.parse(String(api.seen.at(-1)?.body))).toEqual({
      url: URL_OF_RECEIVER,
      events: ["deployment.live", "deployment.failed"],
      description: "Chat",
    });
  });

  it("gives a fresh secret, alone or with all about the webhook", async () => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    const { stdout, stderr } = await run(["webhooks", "rotate", id], { cwd });
    expect(stdout).toMatch(/^whsec_\S+\n$/);
    expect(stderr).toContain("For 24 hours messages are signed with the old one too.");
    expect(stderr).not.toContain(stdout.trimEnd());
    const json = await run(["webhooks", "rotate", id, "--json"], { cwd });
    expect(NewWebhook.parse(JSON.parse(json.stdout)).secret).toMatch(/^whsec_/);
  });

  it.each(["create", "rotate"])("%s says what to do when the answer with the secret was lost", async (command) => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    api.webhooks.isRepetition = true;
    const operand = command === "create" ? URL_OF_RECEIVER : id;
    const { code, stdout, stderr } = await run(["webhooks", command, operand], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/secret was lost\.\n +Make another: atelier webhooks rotate whk_\S+ -p shop/);
  });

  it("changes only what is named", async () => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    const off = await run(["webhooks", "update", id, "--disable"], { cwd });
    expect(off.stderr).toBe("  ✔ https://hooks.example.com/atelier gets nothing.\n");
    expect(JSON.parse(String(api.seen.at(-1)?.body))).toEqual({ active: false });
    const on = await run(["webhooks", "update", id, "--enable", "--event", "route.flipped", "--json"], { cwd });
    expect(Webhook.parse(JSON.parse(on.stdout))).toMatchObject({ active: true, events: ["route.flipped"] });
    expect(on.stderr).toContain("gets route.flipped.");
  });

  it("deletes one, also when the first answer is lost", async () => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    api.onRequest = ({ method }, nth) => (method === "DELETE" && nth === 1 ? "lose" : undefined);
    const { code, stdout, stderr } = await run(["webhooks", "delete", id, "--json"], { cwd });
    expect(code).toBe(0);
    expect(Webhook.parse(JSON.parse(stdout)).id).toBe(id);
    expect(stderr).toContain(`Deleted the webhook ${id}`);
    const again = await run(["webhooks", "delete", id], { cwd });
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("(webhook_not_found)");
  });

  it.each([
    [
      "an event that no webhook gets",
      ["create", URL_OF_RECEIVER, "--event", "project.created"],
      /is no event that a webhook can get/,
    ],
    ["an address that is none", ["create", "example.com"], /The webhook is not usable: url: /],
    ["nothing to change", ["update", "ID"], /What is to change\? Give --url/],
    ["both ways", ["update", "ID", "--enable", "--disable"], /cannot be used with option/],
    ["an id that is none", ["rotate", "first"], /The argument 'webhook' is not usable: must be a webhook id/],
    ["a status that is none", ["deliveries", "ID", "--status", "lost"], /"lost" is no status\. There are: pending, /],
    ["a delivery that is none", ["redeliver", "ID", "7"], /The argument 'delivery' is not usable/],
  ])("with %s is a wrong call, and nothing is sent", async (_, args, message) => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    const { code, stdout, stderr } = await run(["webhooks", ...args.map((arg) => (arg === "ID" ? id : arg))], { cwd });
    expect({ code, stdout, seen: api.seen }).toEqual({ code: 2, stdout: "", seen: [] });
    expect(stderr).toMatch(message);
  });
});

describe.concurrent("webhooks deliveries and redeliver", () => {
  it("shows what came of each message, newest first", async () => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    const first = api.webhooks.addDelivery(id);
    const at = "2026-11-23T12:00:00.000Z";
    const second = api.webhooks.addDelivery(id, {
      status: "pending",
      attempts: [
        { at, status: 500, error: "The receiver answered 500.", durationMs: 12 },
        { at, status: null, error: "It did not answer within 10 s.", durationMs: 10_000 },
      ],
      nextAttemptAt: "2026-11-23T13:00:00.000Z",
    });
    const [head, ...lines] = (await run(["webhooks", "deliveries", id], { cwd })).stdout.trimEnd().split("\n");
    expect(head).toMatch(/^DELIVERY +STATUS +EVENT +TYPE +AGE +LAST ATTEMPT$/);
    expect(lines[0]).toMatch(
      new RegExp(
        `^${second.id}  pending .* no answer in 10000 ms, It did not answer within 10 s\\., 2 attempts, again at 2026-11-23 13:00:00Z$`,
      ),
    );
    expect(lines[1]).toMatch(new RegExp(`^${first.id}  delivered  7 +deployment\\.live .* 204 in 31 ms$`));
    const { stdout } = await run(["webhooks", "deliveries", id, "--status", "pending", "--all", "--json"], { cwd });
    expect(DeliveryPage.parse(JSON.parse(stdout)).deliveries.map((delivery) => delivery.id)).toEqual([second.id]);
  });

  it("sends a message again", async () => {
    const { api, run, cwd } = await startWithShop();
    const { id } = api.webhooks.addWebhook();
    const delivery = api.webhooks.addDelivery(id, { status: "failed" });
    const { code, stderr } = await run(["webhooks", "redeliver", id, delivery.id], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain(
      `${delivery.id} is sent again. What comes of it: atelier webhooks deliveries ${id} -p shop`,
    );
  });
});
