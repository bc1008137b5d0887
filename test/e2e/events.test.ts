/** The log of a project: every mutation of the API is told once, by whom and why, and nobody can change it unseen. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Deployment } from "../../schema/contracts/deployments.ts";
import { EventPage, type ProjectEvent } from "../../schema/contracts/events.ts";
import { ROLLOUT_COMMANDS, type RolloutCommand, RolloutPage } from "../../schema/contracts/rollouts.ts";
import { FIRST_PREVIOUS, findBreak } from "../../schema/event-chain.ts";
import { type ApiTarget, callApi, createDeployment, readEvents, sendSource, settled } from "../support/api-deploy.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import type { RawResponse } from "../support/http.ts";

let world: HarnessWorld;
let builder: FakeBuilder;
/** A token of her own. */
let alice: ApiTarget;
let sources = 0;

beforeAll(async () => {
  world = await startHarnessWorld();
  builder = await startFakeBuilder(world.builderPort, world.putObject);
  const token = JSON.parse((await world.api("POST", "/tokens", { name: "alice", scopes: ["admin"] })).text).secret;
  alice = { origin: world.origin, token };
});
beforeEach(() => {
  builder.restAt = null;
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function startNew(slug: string, fields: object = {}): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(alice, slug, { "package.json": `{"n":${sources}}` });
  return createDeployment(alice, slug, { source, ...fields });
}

function ok(answer: RawResponse): RawResponse {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
}

/** What a mutation needs, and how it is asked for. */
type Mutation = {
  readonly prepare: (slug: string) => Promise<string>;
  readonly method: string;
  readonly body?: object;
  /** The events that name her, in their order. */
  readonly told: readonly string[];
  /** Of the events that give one. */
  readonly reason?: string;
};

const FLIP = ["deployment.superseded", "deployment.live", "route.flipped"];
const TOLD_OF: Record<RolloutCommand, readonly string[]> = {
  pause: ["rollout.paused"],
  resume: ["rollout.resumed"],
  advance: ["rollout.advanced"],
  abort: ["deployment.failed", "rollout.aborted"],
  complete: [...FLIP, "rollout.completed"],
};
const NOTHING = async () => "";

async function twoLive(slug: string, channel = "production"): Promise<{ first: Deployment; second: Deployment }> {
  const first = await settled(alice, await startNew(slug, { channel }));
  return { first, second: await settled(alice, await startNew(slug, { channel })) };
}

async function inProgress(slug: string): Promise<Deployment> {
  builder.restAt = "build";
  return startNew(slug);
}

async function failed(slug: string): Promise<Deployment> {
  const deployment = await inProgress(slug);
  ok(await callApi(alice, "POST", `/projects/${slug}/deployments/${deployment.id}/cancel`, {}));
  return deployment;
}

/** A rollout at its first stage, for a day. */
async function rolling(slug: string): Promise<string> {
  const canary = { stages: [5, 50, 100], observationWindowSec: 86_400 };
  ok(await callApi(alice, "PATCH", `/projects/${slug}`, { settings: { canary } }));
  await settled(alice, await startNew(slug));
  expect((await settled(alice, await startNew(slug))).status).toBe("canary");
  const { rollouts } = RolloutPage.parse(
    JSON.parse(ok(await callApi(alice, "GET", `/projects/${slug}/rollouts`)).text),
  );
  return rollouts[0]?.id ?? "none";
}

async function webhook(slug: string): Promise<string> {
  const body = { url: "https://receiver.example/in" };
  return JSON.parse(ok(await callApi(alice, "POST", `/projects/${slug}/webhooks`, body)).text).id;
}

/** By the address in the API's document, without `/v1/projects/{project}`. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "PATCH ": { prepare: NOTHING, method: "PATCH", body: { name: "A name" }, told: ["project.updated"] },
  "DELETE ": {
    prepare: async () => "?reason=over",
    method: "DELETE",
    told: ["project.deleted"],
    reason: "over",
  },
  "POST /restore": {
    prepare: async (slug) => {
      ok(await callApi(alice, "DELETE", `/projects/${slug}`));
      return "/restore";
    },
    method: "POST",
    body: { reason: "a mistake" },
    told: ["project.restored"],
    reason: "a mistake",
  },
  "POST /sources": {
    prepare: async (slug) => {
      await sendSource(alice, slug, { a: "1", b: "2" });
      return "/sources";
    },
    method: "POST",
    body: {
      files: [
        {
          path: "c",
          mode: "file",
          size: 1,
          sha256: "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        },
      ],
    },
    told: ["source.committed"],
  },
  "POST /deployments": {
    prepare: async () => {
      builder.restAt = "build";
      return "/deployments";
    },
    method: "POST",
    told: ["deployment.created"],
  },
  "POST /deployments/{deployment}/cancel": {
    prepare: async (slug) => `/deployments/${(await inProgress(slug)).id}/cancel`,
    method: "POST",
    body: { reason: "not this one" },
    told: ["deployment.failed"],
    reason: "not this one",
  },
  "POST /deployments/{deployment}/retry": {
    prepare: async (slug) => `/deployments/${(await failed(slug)).id}/retry`,
    method: "POST",
    body: {},
    told: ["deployment.created"],
  },
  "PATCH /deployments/{deployment}": {
    prepare: async (slug) => `/deployments/${(await failed(slug)).id}`,
    method: "PATCH",
    body: { pinned: true },
    told: ["deployment.pinned"],
  },
  "POST /channels/{channel}/rollback": {
    prepare: async (slug) => {
      await twoLive(slug);
      return "/channels/production/rollback";
    },
    method: "POST",
    body: { reason: "the welcome is wrong" },
    told: FLIP,
    reason: "the welcome is wrong",
  },
  "POST /channels/{channel}/promote": {
    prepare: async (slug) => {
      await twoLive(slug);
      return "/channels/production/promote";
    },
    method: "POST",
    body: { reason: "the old one was better" },
    told: FLIP,
    reason: "the old one was better",
  },
  "DELETE /channels/{channel}": {
    prepare: async (slug) => {
      await settled(alice, await startNew(slug, { channel: "pr-7" }));
      return "/channels/pr-7?reason=merged";
    },
    method: "DELETE",
    told: ["deployment.superseded", "channel.deleted"],
    reason: "merged",
  },
  ...Object.fromEntries(
    ROLLOUT_COMMANDS.map((command) => [
      `POST /rollouts/{rollout}/${command}`,
      {
        prepare: async (slug: string) => {
          const rollout = await rolling(slug);
          if (command === "resume") await callApi(alice, "POST", `/projects/${slug}/rollouts/${rollout}/pause`, {});
          return `/rollouts/${rollout}/${command}`;
        },
        method: "POST",
        body: { reason: "lunch" },
        told: TOLD_OF[command],
        reason: "lunch",
      },
    ]),
  ),
  "PATCH /env/{environment}": {
    prepare: async () => "/env/production",
    method: "PATCH",
    body: { set: [{ name: "GREETING", value: "hello" }] },
    told: ["variables.updated"],
  },
  "POST /webhooks": {
    prepare: async () => "/webhooks",
    method: "POST",
    body: { url: "https://receiver.example/in" },
    told: ["webhook.created"],
  },
  "PATCH /webhooks/{webhook}": {
    prepare: async (slug) => `/webhooks/${await webhook(slug)}`,
    method: "PATCH",
    body: { active: false },
    told: ["webhook.updated"],
  },
  "POST /webhooks/{webhook}/rotate": {
    prepare: async (slug) => `/webhooks/${await webhook(slug)}/rotate`,
    method: "POST",
    body: {},
    told: ["webhook.updated"],
  },
  "DELETE /webhooks/{webhook}": {
    prepare: async (slug) => `/webhooks/${await webhook(slug)}`,
    method: "DELETE",
    told: ["webhook.deleted"],
  },
  "POST /retention/sweep": {
    prepare: async () => "/retention/sweep",
    method: "POST",
    told: ["retention.swept"],
  },
};

/**
 * Those that change nothing of the project: bytes that no source names yet, an event that is sent once more, a link, and the same
 * values under another key (here there is no other one).
 */
const UNTOLD = [
  "POST /blobs",
  "POST /webhooks/{webhook}/deliveries/{delivery}/redeliver",
  "POST /rollouts/{rollout}/preview",
  "POST /env/reseal",
];

/** The body of those whose body depends on the project. */
async function bodyOf(name: string, slug: string, { body }: Mutation): Promise<object | undefined> {
  if (name === "POST /deployments") return { source: await sendSource(alice, slug, { "package.json": "{}" }) };
  if (name !== "POST /channels/{channel}/promote") return body;
  const { deployments } = JSON.parse((await callApi(alice, "GET", `/projects/${slug}/deployments`)).text);
  return { ...body, deployment: Deployment.parse(deployments.at(-1)).id };
}

describe("every mutation of a project", () => {
  it("is in this table", async () => {
    const { paths } = JSON.parse((await callApi(alice, "GET", "/../openapi.json")).text) as { paths: object };
    const addresses = Object.entries(paths).flatMap(([path, methods]) =>
      path.startsWith("/v1/projects/{project}")
        ? Object.keys(methods as object).map((m) => `${m.toUpperCase()} ${path.slice("/v1/projects/{project}".length)}`)
        : [],
    );
    const mutations = addresses.filter((address) => !address.startsWith("GET "));
    expect(mutations.toSorted()).toEqual([...Object.keys(MUTATIONS), ...UNTOLD].toSorted());
  });

  it("creating it is told", async () => {
    ok(await callApi(alice, "POST", "/projects", { slug: "born" }));
    expect(await readEvents(alice, "born")).toMatchObject([{ seq: 1, type: "project.created", actor: "alice" }]);
  });

  it.each(Object.entries(MUTATIONS))("%s is told once, by whom and why", async (name, mutation) => {
    const slug = `told-${Object.keys(MUTATIONS).indexOf(name)}`;
    ok(await callApi(alice, "POST", "/projects", { slug }));
    const path = await mutation.prepare(slug);
    const body = await bodyOf(name, slug, mutation);
    const seen = (await readEvents(alice, slug)).at(-1)?.seq ?? 0;
    ok(await callApi(alice, mutation.method, `/projects/${slug}${path}`, body));
    const hers = async () => {
      const events = (await readEvents(alice, slug)).filter(({ seq }) => seq > seen);
      return events.filter(({ actor }) => actor === "alice");
    };
    // Only a sweep is told when it is over.
    await expect.poll(async () => (await hers()).map(({ type }) => type), { timeout: 10_000 }).toEqual(mutation.told);
    const reasons = (await hers()).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set([mutation.reason ?? null]));
    // What others did is theirs, and the words of a person stand in one place.
    const all = await readEvents(alice, slug);
    for (const { type, data } of all) if (type !== "deployment.failed") expect(data).not.toHaveProperty("reason");
    expect(await findBreak(all, FIRST_PREVIOUS)).toBeNull();
  });
});

describe("the log", () => {
  it("verifies although a reason holds half a surrogate pair", async () => {
    ok(await callApi(alice, "POST", "/projects", { slug: "halves" }));
    ok(await callApi(alice, "DELETE", "/projects/halves?reason=over"));
    ok(await callApi(alice, "POST", "/projects/halves/restore", { reason: `Up ${"🚀".slice(0, 1)}` }));
    const events = await readEvents(alice, "halves");
    expect(events.at(-1)).toMatchObject({ type: "project.restored", reason: "Up \ufffd" });
    expect(await findBreak(events, FIRST_PREVIOUS)).toBeNull();
  });

  it("verifies over pages, and is read by type, channel and deployment", async () => {
    ok(await callApi(alice, "POST", "/projects", { slug: "pages" }));
    const { first } = await twoLive("pages");
    await twoLive("pages", "pr-1");
    const read = async (query: string): Promise<ProjectEvent[]> =>
      EventPage.parse(JSON.parse(ok(await callApi(alice, "GET", `/projects/pages/events?${query}`)).text)).events;

    const all: ProjectEvent[] = [];
    for (let page = await read("limit=7"); page.length > 0; page = await read(`limit=7&after=${all.at(-1)?.seq}`)) {
      expect(await findBreak(page, all.at(-1)?.hash ?? FIRST_PREVIOUS)).toBeNull();
      all.push(...page);
    }
    expect(all.length).toBeGreaterThan(20);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all).toEqual(await read("limit=500"));

    expect(await read("limit=500&order=desc")).toEqual(all.toReversed());
    expect(await read("limit=3&order=desc")).toEqual(all.slice(-3).toReversed());
    expect(await read("limit=4&order=desc&before=9")).toEqual(all.slice(4, 8).toReversed());
    expect(await read("after=4&before=9")).toEqual(all.slice(4, 8));

    expect(await read("type=route.flipped")).toEqual(all.filter(({ type }) => type === "route.flipped"));
    expect(await read("channel=pr-1&limit=3")).toEqual(all.filter(({ channel }) => channel === "pr-1").slice(0, 3));
    const ofFirst = all.filter(({ deployment }) => deployment === first.id);
    expect(ofFirst.map(({ type }) => type)).toContain("deployment.superseded");
    expect(await read(`deployment=${first.id}`)).toEqual(ofFirst);
    expect(await read(`deployment=${first.id}&type=deployment.live&channel=production`)).toEqual(
      ofFirst.filter(({ type }) => type === "deployment.live"),
    );
    expect(await read(`deployment=${first.id}&channel=pr-1`)).toEqual([]);
    for (const query of [
      "type=nothing",
      "channel=staging",
      "deployment=latest",
      "limit=501",
      "after=-1",
      "before=0",
      "order=up",
    ]) {
      expect((await callApi(alice, "GET", `/projects/pages/events?${query}`)).status, query).toBe(422);
    }
  });
});
