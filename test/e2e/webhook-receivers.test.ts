/** Receivers of every temper, asked by workerd itself: one deploy tells all of them. */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Delivery, DeliveryPage, NewWebhook } from "../../schema/contracts/webhooks.ts";
import { callApi, deployFiles } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type DohServer, startDohServer } from "../support/doh-server.ts";
import { freePort } from "../support/free-port.ts";
import { type LocalWorld, startLocalWorld } from "../support/local-world.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";
import { makeWorldFolder } from "../support/world-folder.ts";

const MB = 1024 * 1024;

let world: LocalWorld;
let receiver: WebhookReceiver;
let doh: DohServer;
const folder = makeWorldFolder();
const webhooks = new Map<string, NewWebhook>();
let floodedBytes = 0;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  doh = await startDohServer();
  const port = await freePort();
  if (port === null) throw new Error("no port of loopback is free");
  const controlVars = { WEBHOOK_PRIVATE_HOSTS: receiver.host, DNS_RESOLVER_URL: doh.url };
  world = await startLocalWorld({ folder, port, controlVars });

  receiver.on("/redirects", (_, response) => {
    response.writeHead(307, { location: receiver.url("/secret") }).end();
  });
  receiver.on("/cuts-answer", (_, response) => {
    response.writeHead(200, { "content-length": "1000" }).write("half");
    setTimeout(() => response.destroy(), 50);
  });
  receiver.on("/cuts", (_, response) => void response.destroy());
  receiver.on("/hangs", () => {});
  receiver.on("/hangs-in-answer", (_, response) => void response.writeHead(202).write("and"));
  receiver.on("/floods", async (_, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(64 * 1024, "x");
    while (floodedBytes < 100 * MB && !response.destroyed) {
      floodedBytes += chunk.length;
      if (!response.write(chunk)) await Promise.race([new Promise((go) => response.once("drain", go)), sleep(100)]);
    }
    response.end();
  });
  // Public when it is first asked for; nobody has that name, so nothing answers. Private ever after.
  doh.zone = (name, type, times) => ({
    answers: type === "A" ? [{ type, name, data: times === 1 ? "93.184.216.34" : "127.0.0.1", ttl: 1 }] : [],
  });

  await callApi(world, "POST", "/projects", { slug: "tempers" });
  const urls = ["/good", "/redirects", "/cuts-answer", "/cuts", "/hangs", "/hangs-in-answer", "/floods"].map(
    receiver.url,
  );
  for (const url of [...urls, "https://rebinding.example/"]) {
    const created = await callApi(world, "POST", "/projects/tempers/webhooks", { url, events: ["deployment.live"] });
    expect(created.status).toBe(201);
    webhooks.set(new URL(url).pathname, JSON.parse(created.text));
  }
  expect((await deployFiles(world, "tempers", plainApp("tempers"))).status).toBe("live");
});
afterAll(async () => {
  await world.stop();
  await Promise.all([receiver.close(), doh.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** What became of the one message to a webhook, once it has been tried so often. */
async function logOf(path: string, attempts = 1): Promise<Delivery> {
  const list = `/projects/tempers/webhooks/${webhooks.get(path)?.id}/deliveries`;
  const read = async () => (JSON.parse((await callApi(world, "GET", list)).text) as DeliveryPage).deliveries;
  const tried = async () => (await read()).map((delivery) => Math.min(delivery.attempts.length, attempts));
  await expect.poll(tried, { timeout: 30_000, interval: 100 }).toEqual([attempts]);
  const [delivery] = await read();
  if (!delivery) throw new Error(`nothing was sent to ${path}`);
  return delivery;
}

describe("a receiver that", () => {
  it("answers has its message, signed, with no header but what HTTP and the standard ask for", async () => {
    expect(await logOf("/good")).toMatchObject({ status: "delivered", attempts: [{ status: 204, error: null }] });
    const [message, ...more] = receiver.at("/good");
    expect(more).toEqual([]);
    const headers = message?.headers as Record<string, string>;
    new Verifier(webhooks.get("/good")?.secret ?? "").verify(message?.body ?? "", headers);
    const ours = ["content-type", "user-agent", "webhook-id", "webhook-signature", "webhook-timestamp"];
    // `cf-worker` is the platform's: it says which zone's Worker asks.
    expect(new Set(Object.keys(headers))).toEqual(new Set(["host", "content-length", "cf-worker", ...ours]));
  });

  it("redirects is not followed", async () => {
    const { status, attempts } = await logOf("/redirects");
    expect([status, attempts[0]?.status]).toEqual(["pending", 307]);
    expect(attempts[0]?.error).toMatch(/Redirects are not followed/);
    expect(receiver.at("/secret")).toEqual([]);
  });

  it("breaks off in the middle of a good answer has said enough", async () => {
    expect(await logOf("/cuts-answer")).toMatchObject({ status: "delivered", attempts: [{ status: 200 }] });
  });

  it("breaks off before its answer has said nothing", async () => {
    const { status, attempts } = await logOf("/cuts");
    expect([status, attempts[0]?.status]).toEqual(["pending", null]);
    expect(attempts[0]?.error).toMatch(/connection failed/);
  });

  it("hangs is given up after ten seconds, and holds up nobody else", async () => {
    const error = "It did not answer within 10 seconds.";
    expect(await logOf("/hangs")).toMatchObject({ status: "pending", attempts: [{ status: null, error }] });
    const begun = async (path: string) => (await logOf(path)).attempts[0]?.at ?? "";
    const ended = Date.parse(await begun("/hangs")) + 10_000;
    for (const path of webhooks.keys()) expect(Date.parse(await begun(path))).toBeLessThan(ended);
  });

  it("hangs in the middle of its answer has answered", async () => {
    expect(await logOf("/hangs-in-answer")).toMatchObject({ status: "delivered", attempts: [{ status: 202 }] });
  });

  it("answers 100 MB is not read to the end", async () => {
    expect(await logOf("/floods")).toMatchObject({ status: "delivered", attempts: [{ status: 200 }] });
    expect(floodedBytes).toBeLessThan(20 * MB);
  });

  it("had a public address and then a private one is looked up again", async () => {
    const { attempts } = await logOf("/", 2);
    expect(attempts[0]?.error).toMatch(/connection failed/);
    expect(attempts[1]?.error).toMatch(/loopback/);
  });
});
