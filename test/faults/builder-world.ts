/** The platform with a real builder between two proxies: before its storage, and between it and control. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { ApiTarget } from "../support/api-deploy.ts";
import { type Bucket, openBucket } from "../support/bucket.ts";
import { type BuilderProcess, startBuilder } from "../support/builder-process.ts";
import { type FaultProxy, type Moment, startFaultProxy } from "../support/fault-proxy.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import type { Random } from "../support/seeded-random.ts";
import { WITHOUT_GRACE } from "../support/sweeps.ts";
import { BUCKET } from "../support/world-config.ts";

/** Small, so that a storage that hangs costs a test little. */
const STORAGE_TIMEOUT_MS = 700;

export type BuilderWorld = {
  readonly target: HarnessWorld & ApiTarget;
  readonly bucket: Bucket;
  readonly storage: FaultProxy;
  readonly calls: CallProxy;
  /** Ends the builder and all that it started, at once. Another one is started behind it. */
  killBuilder(): Promise<void>;
  /** Resolves when a builder is there again. */
  builderIsBack(): Promise<void>;
  close(): Promise<void>;
};

export async function startBuilderWorld(random: Random): Promise<BuilderWorld> {
  const world = await startHarnessWorld(WITHOUT_GRACE);
  const { s3, builderToken, apiToken } = world.credentials;
  const storage = await startFaultProxy(world.s3Endpoint, random);
  const start = () =>
    startBuilder({
      token: builderToken,
      s3Endpoint: storage.endpoint,
      workDir: join(world.folder, "builder"),
      env: { S3_TIMEOUT_MS: String(STORAGE_TIMEOUT_MS) },
    });
  let builder: BuilderProcess = await start();
  let back: Promise<void> = Promise.resolve();
  const calls = await startCallProxy(world.builderPort, () => builder.url);
  const bucket = openBucket(world.s3Endpoint, { bucket: BUCKET, ...s3 });
  return {
    target: { ...world, token: apiToken.token },
    bucket,
    storage,
    calls,
    // Each kill waits for the builder after the one before: two at once would leave a builder that nobody ends.
    killBuilder: () => {
      const killed = back.then(() => builder.group.kill());
      back = killed.then(async () => {
        builder = await start();
      });
      return killed;
    },
    builderIsBack: () => back,
    close: async () => {
      bucket.close();
      await back;
      await builder.group.stop();
      await calls.close();
      await storage.close();
      await world.close();
    },
  };
}

/** What passes between control and the builder: calls, and events one by one. */
export type CallProxy = {
  /** Called around every call, and at every event before control sees it; counted from 1. */
  onCall: (count: number, moment: Moment) => Promise<void>;
  onEvent: (count: number) => Promise<void>;
  /** Starts to count again; what is under way does not count any more. */
  recount(): void;
  close(): Promise<void>;
};

async function startCallProxy(port: number, targetUrl: () => string): Promise<CallProxy> {
  let count = { calls: 0, events: 0 };
  const proxy = { onCall: async () => {}, onEvent: async () => {} } as Pick<CallProxy, "onCall" | "onEvent">;
  const server = createServer((incoming, response) => {
    // A builder that is gone, or a connection that died with it.
    pass(incoming, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const own = count;
    own.calls += 1;
    const number = own.calls;
    await proxy.onCall(number, "before");
    const target = new URL(targetUrl());
    const { method, url, headers } = incoming;
    const call = request({ hostname: target.hostname, port: target.port, method, path: url, headers });
    incoming.pipe(call);
    const [answer] = (await once(call, "response")) as [IncomingMessage];
    if (own === count) await proxy.onCall(number, "after");
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    const isStream = headers.accept !== undefined && /\/events\?/.test(url ?? "");
    for await (const chunk of answer) {
      for (const _ of isStream ? String(chunk).matchAll(/\n/g) : []) {
        own.events += 1;
        if (own === count) await proxy.onEvent(own.events);
      }
      response.write(chunk);
    }
    response.end();
  }

  return Object.assign(proxy, {
    recount: () => {
      count = { calls: 0, events: 0 };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
