/** A log that is followed over connections that break: no line is lost or comes twice, and nothing goes on reading behind them. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, LogLine } from "../../schema/contracts/deployments.ts";
import { callApi, createDeployment, readDeployment, readLogLines, sendSource, settled } from "../support/api-deploy.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { API_HOST } from "../support/world-config.ts";

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;
let sources = 0;

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
  await callApi(world, "POST", "/projects", { slug: "streams" });
});
beforeEach(() => {
  builder.restAt = null;
  builder.printed = 0;
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function startNew(channel = "production"): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(world, "streams", { "package.json": `{"n":${sources}}` });
  return createDeployment(world, "streams", { source, channel });
}

type Connection = {
  readonly response: IncomingMessage;
  readonly call: ClientRequest;
  /** What has come so far. */
  text(): string;
  /** Resolves when the server has ended it, or it is broken. */
  readonly over: Promise<void>;
};

function open(
  { id }: Deployment,
  query: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Connection> {
  const { hostname, port } = new URL(world.origin);
  const path = `/v1/projects/streams/deployments/${id}/logs${query}`;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        agent: false,
        hostname,
        port,
        path,
        method,
        headers: { ...headers, host: API_HOST, authorization: `Bearer ${world.token}` },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", () => {});
        const over = new Promise<void>((done) => response.once("close", done));
        resolve({ response, call, text: () => text, over });
      },
    );
    call.on("error", reject);
    call.end();
  });
}

type Event = { id: string | null; type: string; data: string };

/** As a browser reads it: an event that is not closed by an empty line is not there. */
function eventsOf(text: string): Event[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .map((block) => {
      const fields = block.split("\n").map((line) => /^(\w*):\s?(.*)$/.exec(line) ?? ["", "", ""]);
      const field = (name: string) => fields.find(([, key]) => key === name)?.[2] ?? null;
      return { id: field("id"), type: field("event") ?? "message", data: field("data") ?? "" };
    })
    .filter(({ data }) => data !== "");
}

/** As lines that are whole, and not empty. */
function linesOf(text: string): LogLine[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.filter((line) => line !== "").map((line) => LogLine.parse(JSON.parse(line)));
}

async function prints(lines: number): Promise<void> {
  builder.printed += lines;
}

describe("followed over broken connections", () => {
  it("as events, resumed by Last-Event-ID", async () => {
    builder.restAt = "build";
    const deployment = await startNew();
    const got: Event[] = [];
    const accept = "text/event-stream";
    for (let round = 0; round < 6; round += 1) {
      const last = got.at(-1)?.id;
      // A wrong `after` shows that the header wins.
      const connection = await open(deployment, last ? "?follow=true&after=2" : "?follow=true", {
        accept,
        ...(last && { "last-event-id": last }),
      });
      expect(connection.response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
      await prints(150);
      await expect.poll(() => eventsOf(connection.text()).length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(20);
      connection.call.destroy();
      await connection.over;
      got.push(...eventsOf(connection.text()));
    }
    builder.restAt = null;
    const rest = await open(deployment, "?follow=true", { accept, "last-event-id": got.at(-1)?.id ?? "" });
    await rest.over;
    got.push(...eventsOf(rest.text()));
    expect(rest.response.complete).toBe(true);

    expect(got.at(-1)).toEqual({ id: null, type: "end", data: "{}" });
    const lines = got.slice(0, -1);
    expect(lines.map(({ id }) => Number(id))).toEqual(lines.map((_, index) => index + 1));
    const stored = await readLogLines(world, await settled(world, deployment));
    expect(lines.map(({ data }) => JSON.parse(data))).toEqual(stored);
    expect(stored.filter(({ kind }) => kind === "output").map(({ text }) => text)).toEqual(
      Array.from({ length: 900 }, (_, index) => `line ${index}`),
    );
  });

  it("as NDJSON, resumed by `after`", async () => {
    builder.restAt = "build";
    const deployment = await startNew();
    const got: LogLine[] = [];
    for (let round = 0; round < 4; round += 1) {
      const connection = await open(deployment, `?follow=true&after=${got.at(-1)?.seq ?? 0}`);
      expect(connection.response.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
      await prints(150);
      await expect.poll(() => linesOf(connection.text()).length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(20);
      connection.call.destroy();
      await connection.over;
      got.push(...linesOf(connection.text()));
    }
    builder.restAt = null;
    const rest = await open(deployment, `?follow=true&after=${got.at(-1)?.seq ?? 0}`);
    await rest.over;
    got.push(...linesOf(rest.text()));
    expect(got).toEqual(await readLogLines(world, await settled(world, deployment)));
  });

  it("a run that is evicted in between loses nothing of it", async () => {
    builder.restAt = "build";
    const deployment = await startNew();
    const connection = await open(deployment, "?follow=true", { accept: "text/event-stream" });
    await prints(50);
    await expect.poll(() => eventsOf(connection.text()).length, { timeout: 10_000 }).toBeGreaterThan(50);
    await world.evictProject(deployment.project);
    builder.restAt = null;
    await connection.over;
    const done = await settled(world, deployment);
    const ids = eventsOf(connection.text()).flatMap(({ id }) => (id === null ? [] : [Number(id)]));
    expect(ids).toEqual((await readLogLines(world, done)).map(({ seq }) => seq));
  });
});

describe("not followed", () => {
  it("an event stream says that it is complete only when it is", async () => {
    builder.restAt = "build";
    builder.printed = 3;
    const deployment = await startNew();
    await expect
      .poll(async () => (await readLogLines(world, deployment)).length, { timeout: 10_000 })
      .toBeGreaterThan(3);
    const accept = "text/event-stream";
    const early = await open(deployment, "", { accept });
    await early.over;
    expect(eventsOf(early.text()).map(({ type }) => type)).not.toContain("end");
    builder.restAt = null;
    await settled(world, deployment);
    const types = async () => {
      const late = await open(deployment, "", { accept });
      await late.over;
      return eventsOf(late.text()).map(({ type }) => type);
    };
    await expect.poll(types, { timeout: 5_000 }).toContain("end");
  });

  it("what can not be resumed from is refused", async () => {
    const { id } = await settled(world, await startNew());
    const path = `/projects/streams/deployments/${id}/logs`;
    const answers = [
      await world.api("GET", path, undefined, { "last-event-id": "latest" }),
      await world.api("GET", path, undefined, { "last-event-id": "-1" }),
      await world.api("GET", `${path}?after=x`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422]);
  });
});

describe("a reader that goes away", () => {
  const notRunning = (error: Error) => error.message.includes("not currently running");

  async function evictRun({ id }: Deployment): Promise<boolean> {
    return world.server
      .getWorker("atelier-control")
      .evictDurableObject("BUILD_RUN", { name: id })
      .then(
        () => true,
        (error: Error) => {
          if (notRunning(error)) return false;
          throw error;
        },
      );
  }

  it("leaves nothing behind that goes on asking", async () => {
    builder.restAt = "build";
    await startNew();
    // One that waits for its turn: only its readers wake its run.
    const waiting = await startNew();
    expect((await readDeployment(world, waiting)).phase).toBe("queued");
    const connection = await open(waiting, "?follow=true", { accept: "text/event-stream" });
    await expect.poll(() => connection.text(), { timeout: 5_000 }).toContain(":\n\n");
    connection.call.destroy();
    await connection.over;
    // It is noticed at a write: the next silence, a second later, or the one after it.
    await sleep(3_500);
    await evictRun(waiting);
    await sleep(3_000);
    expect(await evictRun(waiting)).toBe(false);

    const head = await open(waiting, "?follow=true", { accept: "text/event-stream" }, "HEAD");
    await head.over;
    expect([head.response.statusCode, head.text()]).toEqual([200, ""]);
    await sleep(1_500);
    expect(await evictRun(waiting)).toBe(false);
    builder.restAt = null;
    await settled(world, waiting);
  });
});
