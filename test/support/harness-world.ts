/** The platform for tests: the same Workers in workerd, in this process, so that objects can be evicted and storage read. */
import { rmSync } from "node:fs";
import type { D1Database, DurableObjectNamespace, KVNamespace, R2Bucket } from "@cloudflare/workers-types";
import { createTestHarness, type TestHarness } from "wrangler";
import type { TrafficBatch, TrafficSink } from "../../schema/contracts/traffic.ts";
import { freePort } from "./free-port.ts";
import { type RawRequest, type RawResponse, send } from "./http.ts";
import { API_HOST, APPS_DOMAIN, s3Endpoint, type WorldOverrides, writeWorldConfigs } from "./world-config.ts";
import { createCredentials, type WorldCredentials } from "./world-credentials.ts";
import { makeWorldFolder } from "./world-folder.ts";

type ControlBindings = {
  BUNDLES: R2Bucket;
  DIRECTORY: D1Database;
  PROJECT: DurableObjectNamespace;
  REGISTRY: KVNamespace;
  SWEEPER: DurableObjectNamespace;
  TRAFFIC_METER: DurableObjectNamespace;
  WEBHOOK_SENDER: DurableObjectNamespace;
};
type RunSql = (id: string, statement: string, ...values: (string | number)[]) => Promise<Record<string, unknown>[]>;
type ObjectName = "PROJECT" | "SWEEPER" | "WEBHOOK_SENDER";

export type HarnessWorld = {
  readonly server: TestHarness;
  readonly origin: string;
  readonly folder: string;
  readonly builderPort: number;
  readonly credentials: WorldCredentials;
  readonly s3Endpoint: string;
  /** Calls the API with the world's token. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawResponse>;
  /** Fetches from an app: `app("hello", "/")`. */
  app(label: string, path: string, init?: RawRequest): Promise<RawResponse>;
  /** Drops the memory of a `Project` object between two of its steps; its storage stays. @returns false when it was not running */
  evictProject(id: string): Promise<boolean>;
  /** The keys of the edge's copies: of a project's routes, and of its host name. */
  copies(project: string, slug: string): Promise<string[]>;
  /** The same of a project's `Sweeper`. */
  evictSweeper(id: string): Promise<boolean>;
  /** The same of a project's `WebhookSender`. */
  evictSender(id: string): Promise<boolean>;
  /** Reads or writes the tables of a `Project` object. */
  projectSql: RunSql;
  /** The same of a project's `WebhookSender`. */
  senderSql: RunSql;
  /** Tells a project's `WebhookSender` that the project is gone. */
  forgetSender(id: string): Promise<void>;
  /** Tells the meter of a rollout what the router would. */
  recordTraffic(project: string, rollout: string, batch: TrafficBatch): Promise<void>;
  /** What the edge has of a project's production route. */
  routeCopy(id: string): Promise<unknown>;
  /** Reads or writes the directory. */
  directorySql(statement: string, ...values: string[]): Promise<Record<string, unknown>[]>;
  /** Puts bytes into the bucket. */
  putObject(key: string, body: string): Promise<unknown>;
  /** Null when there is nothing under the key. */
  readObject(key: string): Promise<string | null>;
  /** Every key in the bucket that names the project, in order. */
  listObjects(project: string): Promise<string[]>;
  close(): Promise<void>;
};

export async function startHarnessWorld(overrides: WorldOverrides = {}): Promise<HarnessWorld> {
  const folder = makeWorldFolder();
  const credentials = await createCredentials();
  const builderPort = await freePort();
  if (builderPort === null) throw new Error("no port of loopback is free");
  // Port 80 leaves the port out of the URLs that the API shows: the harness chooses its own only when it listens.
  const configs = writeWorldConfigs(folder, { http: 80, builder: builderPort }, credentials, overrides);
  const server = createTestHarness({ workers: configs.map((configPath) => ({ configPath })) });
  const origin = (await server.listen()).url.origin;

  const control = server.getWorker<ControlBindings>("atelier-control");
  await control.applyD1Migrations("DIRECTORY");
  const { id, hash, token } = credentials.apiToken;
  const { BUNDLES, DIRECTORY, REGISTRY, TRAFFIC_METER, WEBHOOK_SENDER } = await control.getEnv();
  await DIRECTORY.prepare("INSERT INTO tokens (id, hash, name, created_at) VALUES (?, ?, ?, ?)")
    .bind(id, hash, "development", new Date().toISOString())
    .run();

  const evict = (binding: ObjectName, name: string) =>
    control.evictDurableObject(binding, { name }).then(
      () => true,
      (error: Error) => {
        if (error.message.includes("not currently running")) return false;
        throw error;
      },
    );
  const sqlOf =
    (binding: ObjectName): RunSql =>
    async (name, statement, ...values) => {
      const storage = await control.getDurableObjectStorage(binding, { name });
      return storage.exec(statement, ...values);
    };

  return {
    server,
    origin,
    folder,
    builderPort,
    credentials,
    s3Endpoint: s3Endpoint(origin),
    api: (method, path, body, headers = {}) =>
      send(origin, API_HOST, `/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    app: (label, path, init) => send(origin, `${label}.${APPS_DOMAIN}`, path, init),
    evictProject: (name) => evict("PROJECT", name),
    evictSweeper: (name) => evict("SWEEPER", name),
    evictSender: (name) => evict("WEBHOOK_SENDER", name),
    copies: async (project, slug) => {
      const prefixes = [`route/${project}/`, `host/${slug}.${APPS_DOMAIN}`];
      const lists = await Promise.all(prefixes.map((prefix) => REGISTRY.list({ prefix })));
      return lists.flatMap(({ keys }) => keys.map(({ name }) => name));
    },
    projectSql: sqlOf("PROJECT"),
    senderSql: sqlOf("WEBHOOK_SENDER"),
    forgetSender: async (id) => {
      const sender = WEBHOOK_SENDER.get(WEBHOOK_SENDER.idFromName(id)) as unknown as { forget(): Promise<void> };
      await sender.forget();
    },
    recordTraffic: async (project, rollout, batch) => {
      const meter = TRAFFIC_METER.get(TRAFFIC_METER.idFromName(`${project}/${rollout}`)) as unknown as TrafficSink;
      await meter.record(batch);
    },
    routeCopy: (id) => REGISTRY.get(`route/${id}/production`, "json"),
    directorySql: async (statement, ...values) =>
      (
        await DIRECTORY.prepare(statement)
          .bind(...values)
          .all()
      ).results,
    putObject: (key, body) => BUNDLES.put(key, body),
    readObject: async (key) => (await (await BUNDLES.get(key))?.text()) ?? null,
    listObjects: async (project) => {
      const keys: string[] = [];
      for (let after: string | undefined; ; after = keys.at(-1)) {
        const page = await BUNDLES.list({ ...(after !== undefined && { startAfter: after }) });
        keys.push(...page.objects.map(({ key }) => key));
        if (!page.truncated) return keys.filter((key) => key.includes(`/${project}/`));
      }
    },
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
