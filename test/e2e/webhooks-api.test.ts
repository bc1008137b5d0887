/** Webhooks by the API: what may be made and changed, and what nobody gets to see. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../schema/contracts/problem.ts";
import { MAX_WEBHOOKS, NewWebhook, WEBHOOK_EVENT_TYPES, Webhook } from "../../schema/contracts/webhooks.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import type { RawResponse } from "../support/http.ts";

let world: HarnessWorld;
let projects = 0;

beforeAll(async () => {
  world = await startHarnessWorld();
});
afterAll(() => world.close());

async function newProject(): Promise<string> {
  projects += 1;
  const slug = `hooks-${projects}`;
  expect((await world.api("POST", "/projects", { slug })).status).toBe(201);
  return `/projects/${slug}/webhooks`;
}

const URL = "https://receiver.example/in?token=hidden";

async function newWebhook(path: string, body: object = { url: URL }): Promise<NewWebhook> {
  const answer = await world.api("POST", path, body);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return NewWebhook.parse(JSON.parse(answer.text));
}

function problemOf(response: RawResponse): Problem {
  const problem = Problem.parse(JSON.parse(response.text));
  expect(problem.status).toBe(response.status);
  return problem;
}

describe("a webhook", () => {
  it("is created with a secret that no later answer shows", async () => {
    const path = await newProject();
    const created = await newWebhook(path, { url: URL, events: ["deployment.live"], description: "chat" });
    expect(created.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(created).toMatchObject({ url: URL, events: ["deployment.live"], description: "chat", active: true });

    const read = await world.api("GET", `${path}/${created.id}`);
    expect(Webhook.parse(JSON.parse(read.text))).toEqual({ ...created, secret: undefined });
    const list = await world.api("GET", path);
    expect(JSON.parse(list.text)).toEqual({ webhooks: [JSON.parse(read.text)], next: null });
    const events = await world.api("GET", path.replace("webhooks", "events"));
    for (const { text } of [read, list, events]) expect(text).not.toContain(String(created.secret).slice(6));
    expect(events.text).not.toContain("hidden");
    expect(JSON.parse(events.text).events.at(-1)).toMatchObject({
      type: "webhook.created",
      data: { webhook: created.id, host: "receiver.example", active: true },
    });
  });

  it("gets all events when none are named, and is switched off, changed and deleted", async () => {
    const path = await newProject();
    const { id } = await newWebhook(path);
    const change = { active: false, events: ["route.flipped", "route.flipped"], url: "https://other.example" };
    const changed = await world.api("PATCH", `${path}/${id}`, change);
    expect(JSON.parse(changed.text)).toMatchObject({
      active: false,
      events: ["route.flipped"],
      url: "https://other.example/",
    });
    expect((await world.api("PATCH", `${path}/${id}`, change)).status).toBe(200);
    const removed = await world.api("DELETE", `${path}/${id}`);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    for (const [method, body] of [["GET"], ["PATCH", {}]] as const) {
      expect(problemOf(await world.api(method, `${path}/${id}`, body)).code).toBe("webhook_not_found");
    }
    // Deleted again, it answers the same, and is no second event.
    expect((await world.api("DELETE", `${path}/${id}`)).status).toBe(204);
    const { events } = JSON.parse((await world.api("GET", path.replace("webhooks", "events"))).text);
    const types = events.map(({ type }: { type: string }) => type);
    expect(types).toEqual(["project.created", "webhook.created", "webhook.updated", "webhook.deleted"]);
  });

  it("is made once however often one request is sent, and its secret shown once", async () => {
    const path = await newProject();
    const headers = { "idempotency-key": "one" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.api("POST", path, { url: URL }, headers)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const made = answers.map(({ text }) => NewWebhook.parse(JSON.parse(text)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.filter(({ secret }) => secret !== null)).toHaveLength(1);
    expect(made[0]?.events).toEqual([...WEBHOOK_EVENT_TYPES]);
    const other = await world.api("POST", path, { url: "https://other.example/" }, headers);
    expect(problemOf(other).code).toBe("idempotency_conflict");
  });

  it("is changed and deleted once however often one request is sent", async () => {
    const path = await newProject();
    const { id } = await newWebhook(path);
    const ask = (method: string, key: string, body?: object) =>
      world.api(method, `${path}/${id}`, body, { "idempotency-key": key });

    const changed = await ask("PATCH", "off", { active: false });
    expect((await ask("PATCH", "on", { active: true })).status).toBe(200);
    expect((await ask("PATCH", "off", { active: false })).text).toBe(changed.text);
    expect(JSON.parse((await world.api("GET", `${path}/${id}`)).text).active).toBe(true);
    expect(problemOf(await ask("PATCH", "off", { active: true })).code).toBe("idempotency_conflict");

    expect(problemOf(await ask("DELETE", "off")).code).toBe("idempotency_conflict");
    expect((await ask("DELETE", "end")).status).toBe(204);
    expect((await ask("DELETE", "end")).status).toBe(204);
    const { events } = JSON.parse((await world.api("GET", path.replace("webhooks", "events"))).text);
    const types = events.map(({ type }: { type: string }) => type).slice(2);
    expect(types).toEqual(["webhook.updated", "webhook.updated", "webhook.deleted"]);
  });

  it("gets a fresh secret by rotation: once per request, and not more often than receivers can follow", async () => {
    const path = await newProject();
    const { id, secret } = await newWebhook(path);
    const rotate = async (key: string) => {
      const answer = await world.api("POST", `${path}/${id}/rotate`, undefined, { "idempotency-key": key });
      expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
      return NewWebhook.parse(JSON.parse(answer.text)).secret;
    };
    const secrets = [secret, await rotate("a"), await rotate("b"), await rotate("c")];
    expect(new Set(secrets).size).toBe(4);
    expect(await rotate("a")).toBeNull();
    expect(problemOf(await world.api("POST", `${path}/${id}/rotate`)).code).toBe("limit_reached");
    const events = await world.api("GET", path.replace("webhooks", "events"));
    expect(JSON.parse(events.text).events.at(-1)).toMatchObject({ type: "webhook.updated", data: { rotated: true } });
    for (const shown of secrets) expect(events.text).not.toContain(String(shown).slice(6));
  });
});

describe("what is refused", () => {
  it(`more than ${MAX_WEBHOOKS} of a project`, async () => {
    const path = await newProject();
    for (let n = 0; n < MAX_WEBHOOKS; n += 1) await newWebhook(path);
    expect(problemOf(await world.api("POST", path, { url: URL })).code).toBe("limit_reached");
    const page = JSON.parse((await world.api("GET", `${path}?limit=7`)).text);
    const rest = JSON.parse((await world.api("GET", `${path}?limit=7&cursor=${page.next}`)).text);
    expect([page.webhooks.length, rest.webhooks.length, rest.next]).toEqual([7, MAX_WEBHOOKS - 7, null]);
  });

  it.each([
    { url: "no url" },
    { url: URL, events: [] },
    { url: URL, events: ["webhook.created"] },
    { url: URL, secret: "whsec_AAAA" },
    { url: `https://receiver.example/${"x".repeat(2_000)}` },
    {},
  ])("the body %j", async (body) => {
    expect(problemOf(await world.api("POST", "/projects/hooks-1/webhooks", body)).code).toBe("body_invalid");
  });

  it("a webhook of another project, and ids that none has", async () => {
    const [mine, other] = [await newProject(), await newProject()];
    const { id } = await newWebhook(other);
    for (const name of [id, `whk_${randomUUID()}`, "latest"]) {
      for (const [method, path] of [
        ["GET", name],
        ["DELETE", name],
        ["POST", `${name}/rotate`],
      ] as const) {
        expect(problemOf(await world.api(method, `${mine}/${path}`)).code).toBe("webhook_not_found");
      }
    }
    expect((await world.api("GET", `${other}/${id}`)).status).toBe(200);
  });
});
