/**
 * Webhooks on their way, with objects that lose their memory in between: signed, in spite of receivers that fail, hang or are gone, and
 * never to private addresses. The requests leave by way of this process; `webhook-receivers.test.ts` has workerd make them.
 */
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { WebhookMessage } from "../../schema/contracts/webhooks.ts";
import { promote } from "../support/api-deploy.ts";
import type { DohAnswer } from "../support/doh-server.ts";
import type { Received } from "../support/webhook-receiver.ts";
import { type HookedProject, startWebhookWorld, type WebhookWorld } from "../support/webhook-world.ts";

let world: WebhookWorld;
let paths = 0;

beforeAll(async () => {
  world = await startWebhookWorld();
});
afterAll(() => world.close());

const LIVE = ["deployment.live"];
/** Of its own accord a webhook gets all events. */
const ALL = null;

/** What the simulator's own way out adds. */
const SIMULATOR_HEADERS = ["accept", "accept-encoding", "accept-language", "cf-worker", "sec-fetch-mode"];

function freshPath(): string {
  paths += 1;
  return `/in/${paths}`;
}

/** A project with one webhook, to a path of its own. */
async function hooked(events: readonly string[] | null = LIVE) {
  const project = await world.newProject();
  const path = freshPath();
  const webhook = await world.addWebhook(project, { url: world.receiver.url(path), ...(events && { events }) });
  return { project, path, webhook };
}

function verify({ body, headers }: Received, secret: string): WebhookMessage {
  return WebhookMessage.parse(new Verifier(secret).verify(body, headers as Record<string, string>));
}

async function eventsOf({
  slug,
}: HookedProject): Promise<{ type: string; seq: number; actor: string; data: object }[]> {
  return JSON.parse((await world.api("GET", `/projects/${slug}/events?limit=500`)).text).events;
}

describe("a receiver that answers", () => {
  it("gets every event once, signed, and nothing else", async () => {
    const { project, path, webhook } = await hooked(ALL);
    await world.deploy(project);
    await world.deploy(project);
    const wanted = (await eventsOf(project)).filter(({ type }) => (webhook.events as string[]).includes(type));
    expect(new Set(wanted.map(({ type }) => type)).size).toBe(7);
    const log = await world.untilDeliveries(project, webhook, wanted.length, { status: "delivered" });
    const messages = world.receiver.at(path);
    const read = messages.map((message) => verify(message, webhook.secret).data);
    const bySeq = read.map(({ event }) => event).sort((a, b) => a.seq - b.seq);
    expect(bySeq).toEqual(wanted);
    expect(read[0]).toMatchObject({ project: project.id, slug: project.slug });
    expect(new Set(messages.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(log.map(({ id }) => id)));
    expect(log.every(({ attempts }) => attempts.length === 1 && attempts[0]?.status === 204)).toBe(true);
    const names = new Set(messages.flatMap(({ headers }) => Object.keys(headers)));
    for (const name of SIMULATOR_HEADERS) names.delete(name);
    const ours = ["content-type", "user-agent", "webhook-id", "webhook-signature", "webhook-timestamp"];
    expect(names).toEqual(new Set(["connection", "content-length", "host", ...ours]));
  });

  it("can tell when a message was changed on its way", async () => {
    const { project, path, webhook } = await hooked();
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    const [message] = world.receiver.at(path);
    if (!message) throw new Error("nothing came");
    const changed = { ...message, body: message.body.replace("deployment.live", "deployment.Live") };
    expect(() => verify(changed, webhook.secret)).toThrow("No matching signature");
    const other = await world.addWebhook(project, { url: world.receiver.url("/other") });
    expect(() => verify(message, other.secret)).toThrow("No matching signature");
  });

  it("knows both secrets for a while after a rotation", async () => {
    const { project, path, webhook } = await hooked();
    const rotated = await world.api("POST", `${project.path}/${webhook.id}/rotate`);
    const { secret } = JSON.parse(rotated.text) as { secret: string };
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    const [message] = world.receiver.at(path);
    if (!message) throw new Error("nothing came");
    expect(String(message.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    expect(verify(message, secret)).toEqual(verify(message, webhook.secret));
  });

  it("gets a message again when asked to, under the same id, and once per request", async () => {
    const { project, path, webhook } = await hooked();
    await world.deploy(project);
    const [sent] = await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    const again = `${project.path}/${webhook.id}/deliveries/${sent?.id}/redeliver`;
    for (let repetition = 0; repetition < 3; repetition += 1) {
      const answer = await world.api("POST", again, undefined, { "idempotency-key": "again" });
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([202, { id: sent?.id, status: "pending" }]);
      await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    }
    await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 2);
    const messages = world.receiver.at(path);
    expect(messages).toHaveLength(2);
    expect(messages[1]?.body).toBe(messages[0]?.body);
    expect(messages[1]?.headers["webhook-id"]).toBe(messages[0]?.headers["webhook-id"]);

    const stranger = await world.addWebhook(project, { url: world.receiver.url("/stranger") });
    for (const [id, delivery] of [
      [stranger.id, sent?.id],
      [webhook.id, "msg_01a208a6-42c4-7532-9056-867fa76ef6cc"],
      [webhook.id, "latest"],
    ]) {
      const refused = await world.api("POST", `${project.path}/${id}/deliveries/${delivery}/redeliver`);
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([404, "delivery_not_found"]);
    }
  });
});

describe("a receiver that fails", () => {
  it("gets the same message again, by whichever instance of the objects", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response, times) => {
      if (times === 3) response.writeHead(200).end("at last");
      else response.writeHead(500 + times, { "set-cookie": "a=b" }).end();
    });
    await world.deploy(project);
    const [first] = await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 1);
    expect(first).toMatchObject({ status: "pending", attempts: [{ status: 501 }] });
    const wait = Date.parse(String(first?.nextAttemptAt)) - Date.parse(String(first?.attempts[0]?.at));
    expect(wait).toBeGreaterThanOrEqual(5_000);
    await world.evictProject(project.id);
    await world.hurry(project);
    await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 2);
    await world.hurry(project);
    const [done] = await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    expect(done?.attempts.map(({ status, error }) => [status, error === null])).toEqual([
      [501, false],
      [502, false],
      [200, true],
    ]);
    const messages = world.receiver.at(path);
    expect(new Set(messages.map(({ body }) => body)).size).toBe(1);
    expect(new Set(messages.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([done?.id]));
    for (const message of messages) verify(message, webhook.secret);
    expect(messages.every(({ headers }) => headers.cookie === undefined)).toBe(true);
  });

  it("is tried again by itself after five seconds", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response, times) => void response.writeHead(times === 1 ? 503 : 204).end());
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    const [{ attempts = [] } = {}] = await world.deliveries(project, webhook);
    const apart = Date.parse(attempts[1]?.at ?? "") - Date.parse(attempts[0]?.at ?? "");
    expect(apart).toBeGreaterThanOrEqual(5_000);
  });

  it("is asked when it says, when that is later", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response) => void response.writeHead(429, { "retry-after": "3600" }).end());
    await world.deploy(project);
    const [waiting] = await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 1);
    const wait = Date.parse(String(waiting?.nextAttemptAt)) - Date.now();
    expect(wait).toBeGreaterThan(3_500_000);
    expect(wait).toBeLessThanOrEqual(3_600_000);
  });

  it("with 410 is switched off, and gets nothing any more until it is switched on", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response, times) => void response.writeHead(times === 1 ? 410 : 204).end());
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, { status: "failed" });
    const read = async () => JSON.parse((await world.api("GET", `${project.path}/${webhook.id}`)).text);
    expect(await read()).toMatchObject({ active: false, disabledReason: expect.stringMatching(/410/) });
    expect((await eventsOf(project)).at(-1)).toMatchObject({
      type: "webhook.updated",
      actor: "webhooks",
      data: { webhook: webhook.id, active: false },
    });
    await world.deploy(project);
    await world.api("PATCH", `${project.path}/${webhook.id}`, { active: true });
    expect(await read()).toMatchObject({ active: true, disabledReason: null });
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 2, ({ status }) => status !== "pending");
    expect(world.receiver.at(path)).toHaveLength(2);
  });

  it("for five days without a success is switched off at the end of a message's last attempt", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response) => void response.writeHead(500).end());
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 1);
    // As if it had been so for six days: the webhook that old, and this the last attempt.
    const days = 24 * 60 * 60_000;
    await world.senderSql(project.id, "UPDATE receivers SET failing_since = ?", Date.now() - 6 * days);
    await world.senderSql(project.id, "UPDATE deliveries SET tries = 9");
    await world.projectSql(
      project.id,
      "UPDATE webhooks SET active_since = ?",
      new Date(Date.now() - 7 * days).toISOString(),
    );
    await world.hurry(project);
    await world.untilDeliveries(project, webhook, 1, { status: "failed" });
    const { disabledReason } = JSON.parse((await world.api("GET", `${project.path}/${webhook.id}`)).text);
    expect(disabledReason).toMatch(/5 days/);
  });
});

describe("a receiver that hangs", () => {
  it("delays neither a flip, nor its copy at the edge, nor other receivers", async () => {
    const { project, path, webhook } = await hooked(["route.flipped"]);
    world.receiver.on(path, () => {});
    const first = await world.deploy(project);
    const second = await world.deploy(project);
    await expect.poll(() => world.receiver.at(path).length).toBe(1);
    const hanging = async () => (await world.deliveries(project, webhook)).map(({ attempts }) => attempts.length);

    const other = await world.addWebhook(project, { url: world.receiver.url(freshPath()), events: ["route.flipped"] });
    const flips: Deployment[] = [first, second, first];
    for (const target of flips) {
      const { route } = await promote(world, target);
      await expect.poll(() => world.routeCopy(project.id)).toMatchObject({ rev: route.rev });
    }
    await world.untilDeliveries(project, other, flips.length, { status: "delivered" });
    // All of this happened before the first request came to its end.
    expect(await hanging()).toEqual([0, 0, 0, 0, 0]);
    expect(world.receiver.at(path)).toHaveLength(1);

    await expect.poll(async () => (await hanging()).at(-1), { timeout: 15_000 }).toBe(1);
    const log = await world.deliveries(project, webhook);
    expect(log.at(-1)).toMatchObject({
      status: "pending",
      attempts: [{ status: null, error: "It did not answer within 10 seconds." }],
    });
  });
});

describe("what was cut short", () => {
  it("an attempt whose outcome nobody kept is made again, under the same id", async () => {
    const { project, path, webhook } = await hooked();
    await world.deploy(project);
    const [sent] = await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    // What a sender that dies in the middle of an attempt leaves: the message, and when to count the attempt as lost.
    const lost = "UPDATE deliveries SET status = 'pending', attempts = '[]', tries = 0, next_attempt_at = ?";
    await world.senderSql(project.id, lost, Date.now() + 500);
    await world.evictSender(project.id);
    const [again] = await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    expect(again?.attempts).toHaveLength(1);
    const ids = world.receiver.at(path).map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([sent?.id, sent?.id]);
  });

  it("nothing more is sent of a project that was deleted", async () => {
    const { project, path, webhook } = await hooked(["deployment.live", "deployment.failed"]);
    world.receiver.on(path, (_, response) => void response.writeHead(500).end());
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 1);
    expect((await world.api("DELETE", `/projects/${project.slug}`)).status).toBe(200);
    await world.hurry(project);
    const left = () => world.senderSql(project.id, "SELECT status, next_attempt_at FROM deliveries");
    await expect.poll(left, { timeout: 10_000 }).toEqual([{ status: "dropped", next_attempt_at: null }]);
    expect(world.receiver.at(path)).toHaveLength(1);
  });
});

describe("what is over", () => {
  it("an event that is handed over twice is sent once", async () => {
    const { project, path, webhook } = await hooked();
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    // As if the sender's answer had been lost: what the outbox held is there again.
    const [message] = world.receiver.at(path);
    const dispatch = JSON.stringify({ message: JSON.parse(message?.body ?? ""), webhooks: [webhook.id] });
    await world.projectSql(
      project.id,
      "INSERT INTO outbox (key, kind, value, version, deliveries, failures, due_at) VALUES (?, 'webhook', ?, 1, 0, 0, 1)",
      "webhook/again",
      dispatch,
    );
    await world.evictProject(project.id);
    const left = () => world.projectSql(project.id, "SELECT key FROM outbox WHERE kind = 'webhook'");
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    expect(await world.deliveries(project, webhook)).toHaveLength(1);
    expect(world.receiver.at(path)).toHaveLength(1);
  });

  it("what waits for a webhook that was switched off or deleted is dropped", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response) => void response.writeHead(500).end());
    await world.deploy(project);
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 2, ({ attempts }) => attempts.length === 1);
    await world.api("PATCH", `${project.path}/${webhook.id}`, { active: false });
    await world.hurry(project);
    await world.untilDeliveries(project, webhook, 2, { status: "dropped", nextAttemptAt: null });
    expect(world.receiver.at(path)).toHaveLength(2);
    await world.api("DELETE", `${project.path}/${webhook.id}`);
    const gone = await world.api("GET", `${project.path}/${webhook.id}/deliveries`);
    expect(JSON.parse(gone.text).code).toBe("webhook_not_found");
  });

  it("the log is paged, filtered, and bounded", async () => {
    const { project, webhook } = await hooked(ALL);
    await world.deploy(project);
    const all = await world.untilDeliveries(project, webhook, 6, { status: "delivered" });
    const list = `${project.path}/${webhook.id}/deliveries`;
    const pages: string[] = [];
    for (let cursor = ""; ; ) {
      const { deliveries, next } = JSON.parse((await world.api("GET", `${list}?limit=4${cursor}`)).text);
      pages.push(...deliveries.map(({ id }: { id: string }) => id));
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(pages).toEqual(all.map(({ id }) => id));
    expect(pages).toEqual([...pages].sort().reverse());
    expect(JSON.parse((await world.api("GET", `${list}?status=failed`)).text)).toEqual({ deliveries: [], next: null });
    const foreign = await hooked();
    const { next } = JSON.parse((await world.api("GET", `${list}?limit=4`)).text);
    const refused = await world.api("GET", `${foreign.project.path}/${foreign.webhook.id}/deliveries?cursor=${next}`);
    expect(JSON.parse(refused.text).code).toBe("cursor_invalid");

    // A full log makes room for what is new.
    await world.senderSql(
      project.id,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
       INSERT INTO deliveries SELECT printf('msg_00000000-0000-7000-8000-%012d', i), webhook, type, event, body, status,
       attempts, tries, next_attempt_at, created_at FROM n, (SELECT * FROM deliveries LIMIT 1)`,
    );
    await world.deploy(project);
    await expect
      .poll(() => world.senderSql(project.id, "SELECT count(*) AS held FROM deliveries"), { timeout: 10_000 })
      .toEqual([{ held: 1_000 }]);
    const newest = await world.untilDeliveries(project, webhook, 100, { status: "delivered" });
    expect(newest[0]?.event).toBe((await eventsOf(project)).at(-1)?.seq);
  });

  it("a sender that is told to forget keeps nothing, and starts anew when it is needed", async () => {
    const { project, path, webhook } = await hooked();
    world.receiver.on(path, (_, response, times) => void response.writeHead(times === 1 ? 500 : 204).end());
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 1);
    await world.forgetSender(project.id);
    expect(await world.deliveries(project, webhook)).toEqual([]);
    await world.deploy(project);
    await world.untilDeliveries(project, webhook, 1, { status: "delivered" });
    expect(world.receiver.at(path)).toHaveLength(2);
  });
});

describe("private addresses", () => {
  let once: ReturnType<typeof hooked> | undefined;
  const guarded = () => {
    once ??= hooked();
    return once;
  };

  it.each([
    "http://receiver.example/",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://localhost/",
    "https://base.localhost/v1/projects",
    "https://hello.apps.localhost/",
    "https://user:word@receiver.example/",
    "https://receiver.example:22/",
  ])("%s is refused when it is set", async (url) => {
    const { project, webhook } = await guarded();
    const answers = [
      await world.api("POST", project.path, { url }),
      await world.api("PATCH", `${project.path}/${webhook.id}`, { url }),
    ];
    for (const { status, text } of answers) {
      expect([status, JSON.parse(text).code]).toEqual([422, "webhook_url_refused"]);
    }
  });

  const PUBLIC = "93.184.216.34";
  const a = (name: string, data: string) => ({ type: "A", name, data, ttl: 1 }) as const;
  const aaaa = (name: string, data: string) => ({ type: "AAAA", name, data, ttl: 1 }) as const;
  const alias = (name: string, data: string) => ({ type: "CNAME", name, data, ttl: 1 }) as const;

  /** What the resolver says of each host, to the questions for either type, and the reason in the log. */
  type Zone = Readonly<Record<string, { A: DohAnswer | null; AAAA: DohAnswer | null; reason: RegExp }>>;

  const PRIVATE: Zone = {
    "private.example": { A: { answers: [a("private.example", "10.0.0.1")] }, AAAA: {}, reason: /private/ },
    "mixed.example": {
      A: { answers: [a("mixed.example", PUBLIC), a("mixed.example", "127.0.0.1")] },
      AAAA: {},
      reason: /loopback/,
    },
    "v6.example": {
      A: { answers: [a("v6.example", PUBLIC)] },
      AAAA: { answers: [aaaa("v6.example", "fd00::1")] },
      reason: /private/,
    },
    "mapped.example": {
      A: {},
      AAAA: { answers: [aaaa("mapped.example", "::ffff:127.0.0.1")] },
      reason: /another form/,
    },
    "alias.example": {
      A: { answers: [alias("alias.example", "in.example"), a("in.example", "192.168.0.1")] },
      AAAA: { answers: [alias("alias.example", "in.example")] },
      reason: /private/,
    },
  };

  const UNKNOWN: Zone = {
    "nowhere.example": { A: null, AAAA: null, reason: /no such host/ },
    "empty.example": { A: {}, AAAA: {}, reason: /no address/ },
    "broken.example": { A: { rcode: 2 }, AAAA: { rcode: 2 }, reason: /SERVFAIL/ },
    "garbage.example": {
      A: { bytes: Buffer.from("neither here nor there") },
      AAAA: {},
      reason: /not one to the question/,
    },
    "silent.example": { A: { status: 500 }, AAAA: { status: 500 }, reason: /did not answer/ },
    "half.example": { A: { answers: [a("half.example", PUBLIC)] }, AAAA: { status: 500 }, reason: /did not answer/ },
    "endless.example": { A: { bytes: Buffer.alloc(200_000) }, AAAA: {}, reason: /did not answer/ },
  };

  it.each([
    ["lead to private addresses", PRIVATE],
    ["can not be looked up", UNKNOWN],
  ])("hosts that %s are not sent to, and the log says why", async (_, zone) => {
    const project = await world.newProject();
    world.doh.zone = (name, type) => zone[name]?.[type as "A" | "AAAA"] ?? null;
    const webhooks = await Promise.all(
      Object.keys(zone).map((host) => world.addWebhook(project, { url: `https://${host}/`, events: LIVE })),
    );
    await world.deploy(project);
    for (const webhook of webhooks) {
      const host = new URL(webhook.url).hostname;
      const [log] = await world.untilDeliveries(project, webhook, 1, ({ attempts }) => attempts.length === 1);
      expect(log).toMatchObject({ status: "pending", attempts: [{ status: null }] });
      expect([host, log?.attempts[0]?.error]).toEqual([host, expect.stringMatching(zone[host]?.reason ?? /^$/)]);
      expect(world.doh.asked).toContain(`${host} AAAA`);
    }
  });
});
