/**
 * What a warm request for a file costs: processor time of workerd per request, ours, a bare Worker's and that of Cloudflare's
 * own router and asset Workers as miniflare bundles them, each behind a direct socket. Also what it reads while warm.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Miniflare } from "miniflare";
import { createBundleStore } from "../../router/bundle-store.ts";
import { Hostname } from "../../schema/hostname.ts";
import { blobKey, hostKey, manifestKey, routeKey } from "../../schema/keys.ts";
import { createMemoryBucket } from "../support/memory-bucket.ts";
import { createRouterWorld } from "../support/router-world.ts";
import { arm, bundleOf, PROJECT, routeRecord } from "../support/routes.ts";
import { createSteppedClock } from "../support/stepped-clock.ts";
import { ROOT } from "../support/world-config.ts";
import type { Bench, Figure } from "./main.ts";
import { figure, median, spread } from "./statistics.ts";
import { workerdCpuMs, workerdPids } from "./workerd-cpu.ts";

const HOST = "shop.apps.localhost";
const COMPATIBILITY_DATE = "2026-10-20";
const FILE_BYTES = 5_000;
const ROUNDS = 5;
const REQUESTS = 4_000;
const CONNECTIONS = 16;
const PATH = "/assets/app-B1c2D3e4.js";
const SCRIPT = "console.log('warm');\n".repeat(FILE_BYTES).slice(0, FILE_BYTES);

interface Server {
  readonly url: URL;
  readonly stop: () => Promise<void>;
}

export const benchServing: Bench = {
  about:
    "Processor time of workerd per warm request for a file of 5 kB, the servers in turns, load from another core. The asset Workers\nare those that this miniflare bundles, with its simulator of KV below them; our log line is written. Loopback.",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "atelier-serving-"));
    const servers: Partial<Record<"ours" | "bare" | "cloudflare", Server>> = {};
    try {
      say("starting ...");
      servers.ours = await startOurs(folder);
      const headers = await headersOf(servers.ours.url);
      servers.bare = await startBare(headers);
      servers.cloudflare = await startCloudflareAssets(folder);
      if (availableParallelism() > 1) {
        for (const pid of workerdPids())
          execFileSync("taskset", ["-a", "-p", "-c", "0", String(pid)], { stdio: "ignore" });
        execFileSync("taskset", ["-a", "-p", "-c", "1", String(process.pid)], { stdio: "ignore" });
      }
      const micros = {
        ours: [] as number[],
        bare: [] as number[],
        cloudflare: [] as number[],
        unchanged: [] as number[],
      };
      for (let round = 0; round <= ROUNDS; round++) {
        say(`round ${round} of ${ROUNDS} ...`);
        const sample = {
          ours: await cpuPerRequest(servers.ours.url, {}, 200),
          bare: await cpuPerRequest(servers.bare.url, {}, 200),
          cloudflare: await cpuPerRequest(servers.cloudflare.url, {}, 200),
          unchanged: await cpuPerRequest(servers.ours.url, { "if-none-match": "*" }, 304),
        };
        // The first round warms up.
        if (round > 0)
          for (const name of Object.keys(micros) as (keyof typeof micros)[]) micros[name].push(sample[name]);
      }
      return [...toFigures(micros), ...(await countReads())];
    } finally {
      await Promise.all(Object.values(servers).map((server) => server?.stop()));
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function toFigures(
  micros: Readonly<Record<"ours" | "bare" | "cloudflare" | "unchanged", readonly number[]>>,
): Figure[] {
  const ratios = (other: readonly number[]) => micros.ours.map((ours, round) => ours / (other[round] ?? Number.NaN));
  return [
    { name: "cpuVsBareWorker", value: figure(median(ratios(micros.bare))), unit: "x", target: "<= 1.35" },
    { name: "cpuVsBareWorkerSpread", value: figure(spread(ratios(micros.bare))), unit: "x" },
    {
      name: "cpuVsCloudflareAssetsUnstubbed",
      value: figure(median(ratios(micros.cloudflare))),
      unit: "x",
      target: "<= 0.2",
    },
    { name: "cpuVsCloudflareAssetsUnstubbedSpread", value: figure(spread(ratios(micros.cloudflare))), unit: "x" },
    { name: "microsOurs", value: figure(median(micros.ours)), unit: "us" },
    { name: "microsOurs304", value: figure(median(micros.unchanged)), unit: "us" },
    { name: "microsBare", value: figure(median(micros.bare)), unit: "us" },
    { name: "microsCloudflare", value: figure(median(micros.cloudflare)), unit: "us" },
  ];
}

/** What a request opens and asks, counted around the same router in this process. */
async function countReads(): Promise<Figure[]> {
  const bucket = createMemoryBucket();
  const bundle = await bundleOf({ [PATH.slice(1)]: SCRIPT, "index.html": "<h1>Shop</h1>" });
  bucket.add(bundle);
  const ports = { clock: createSteppedClock(), keepAlive: () => undefined };
  const world = createRouterWorld(createBundleStore(bucket, ports));
  world.publish("shop.apps.test", routeRecord({ live: arm(bundle.build) }));
  const count = async (path: string, status: number, headers: Record<string, string> = {}) => {
    bucket.reads.length = 0;
    world.registry.asked.length = 0;
    const response = await world.fetch(`https://shop.apps.test${path}`, { headers });
    await response.arrayBuffer();
    if (response.status !== status) throw new Error(`${path} answered ${response.status}`);
    return { reads: bucket.reads.length, hops: world.registry.asked.length };
  };
  const cold304 = await count("/", 304, { "if-none-match": "*" });
  const coldFile = await count(PATH, 200);
  const warm = await count(PATH, 200);
  return [
    { name: "storageReadsWarm", value: warm.reads, unit: "", target: "0" },
    { name: "hopsWarm", value: warm.hops, unit: "", target: "0" },
    // The manifest itself is what the first request of an isolate reads.
    { name: "storageReads304", value: cold304.reads - 1, unit: "", target: "0" },
    { name: "storageReadsColdFile", value: coldFile.reads, unit: "", target: "<= 1" },
  ];
}

async function startOurs(folder: string): Promise<Server> {
  const build = async (config: string, name: string) => {
    const out = join(folder, name);
    const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
    const args = [wrangler, "deploy", "--dry-run", "--outdir", out, "--config", join(ROOT, config)];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return readFileSync(join(out, `${name}.js`), "utf8");
  };
  const router = await build("wrangler.toml", "index");
  const control = await build("test/fixtures/workers/stub-control.wrangler.toml", "stub-control");
  const object = (exportName: string) => ({ type: "durable-object", worker: "atelier-control", exportName }) as const;
  const storage = { REGISTRY: { type: "kv", id: "registry" } } as const;
  const miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: "atelier-router",
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: moduleOf(router),
          env: {
            ...storage,
            BUNDLES: { type: "r2", name: "bundles" },
            DIRECTORY: { type: "d1", id: "directory" },
            PROJECT: object("Project"),
            TRAFFIC_METER: object("TrafficMeter"),
            APPS_DOMAIN: { type: "text", value: "apps.localhost" },
            VISITOR_KEY: { type: "text", value: "a key of this bench only" },
            VARIANT_KEY: { type: "text", value: "another key of this bench" },
          },
        },
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
      },
      {
        config: {
          name: "atelier-control",
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: moduleOf(control),
          env: storage,
          exports: {
            Project: { type: "durable-object", storage: "sqlite" },
            TrafficMeter: { type: "durable-object", storage: "sqlite" },
          },
        },
      },
    ],
    // The log line is written, and read by nobody.
    handleStructuredLogs: () => undefined,
  });
  const bindings = await miniflare.getBindings<{ REGISTRY: KV; BUNDLES: KV }>("atelier-router");
  const {
    build: sha,
    manifestText,
    blobs,
  } = await bundleOf({ [PATH.slice(1)]: SCRIPT, "index.html": "<h1>Shop</h1>" });
  for (const [digest, bytes] of blobs) await bindings.BUNDLES.put(blobKey(PROJECT, digest), bytes);
  await bindings.BUNDLES.put(manifestKey(PROJECT, sha), manifestText);
  const record = routeRecord({ live: arm(sha) });
  await bindings.REGISTRY.put(hostKey(Hostname.parse(HOST)), JSON.stringify({ version: 1, project: PROJECT }));
  await bindings.REGISTRY.put(routeKey(PROJECT, record.channel), JSON.stringify(record));
  await bindings.REGISTRY.put(`stub/${HOST}/production`, JSON.stringify({ kind: "route", record }));
  return { url: await miniflare.unsafeGetDirectURL("atelier-router"), stop: () => miniflare.dispose() };
}

interface KV {
  put(key: string, value: string | Uint8Array<ArrayBuffer>): Promise<unknown>;
}

/** The same bytes under the same headers, without a thought. */
async function startBare(headers: Readonly<Record<string, string>>): Promise<Server> {
  const code = `const body = new TextEncoder().encode(${JSON.stringify(SCRIPT)});
const headers = ${JSON.stringify(headers)};
export default { fetch: () => new Response(body, { headers }) };`;
  const config = { name: "bare", compatibilityDate: COMPATIBILITY_DATE, manifest: moduleOf(code) };
  const miniflare = new Miniflare({
    workers: [{ config, dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] } }],
  });
  return { url: await miniflare.unsafeGetDirectURL("bare"), stop: () => miniflare.dispose() };
}

async function startCloudflareAssets(folder: string): Promise<Server> {
  const directory = join(folder, "assets");
  mkdirSync(join(directory, "assets"), { recursive: true });
  writeFileSync(join(directory, PATH), SCRIPT);
  writeFileSync(join(directory, "index.html"), "<h1>Shop</h1>");
  const miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: "assets",
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: moduleOf("export default { fetch: () => new Response('no asset', { status: 404 }) };"),
          assets: { directory, hasUserWorker: false },
        },
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
      },
    ],
  });
  return { url: await miniflare.unsafeGetDirectURL("assets"), stop: () => miniflare.dispose() };
}

function moduleOf(contents: string) {
  return { mainModule: "index.js", modules: { "index.js": { type: "esm", contents } } } as const;
}

async function cpuPerRequest(url: URL, headers: Readonly<Record<string, string>>, status: number): Promise<number> {
  const before = workerdCpuMs();
  let left = REQUESTS;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) {
        const answer = await fetchOnce(agent, url, headers);
        // Work that was not done would be cheap.
        const bytes = status === 200 ? FILE_BYTES : 0;
        if (answer.status !== status || answer.bytes !== bytes) {
          throw new Error(`${url} answered ${answer.status} with ${answer.bytes} bytes`);
        }
      }
    }),
  );
  agent.destroy();
  return ((workerdCpuMs() - before) * 1_000) / REQUESTS;
}

interface Answered {
  readonly status: number;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

function fetchOnce(agent: Agent, url: URL, headers: Readonly<Record<string, string>>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { agent, hostname: url.hostname, port: url.port, path: PATH, headers: { host: HOST, ...headers } };
    const call = request(options, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("error", reject);
      response.on("end", () => {
        const told = Object.entries(response.headers).flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value] as const] : [],
        );
        resolve({ status: response.statusCode ?? 0, bytes, headers: Object.fromEntries(told) });
      });
    });
    call.on("error", reject);
    call.end();
  });
}

async function headersOf(url: URL): Promise<Readonly<Record<string, string>>> {
  const agent = new Agent();
  const { headers } = await fetchOnce(agent, url, {});
  const { connection: _hop, date: _now, "keep-alive": _alive, ...own } = headers;
  return own;
}
