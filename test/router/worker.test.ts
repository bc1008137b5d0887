/** The real Worker, as wrangler bundles it, in workerd: that bindings, timers, shared work and streams do what the units assume. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { scheduler } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { MAX_KEPT_BLOB_BYTES } from "../../router/bundle-store.ts";
import { ASK_DEADLINE_MS } from "../../router/registry-layers.ts";
import { FRESH_MS } from "../../router/route-memo.ts";
import type { RouteAnswer } from "../../schema/contracts/route-lookup.ts";
import { sha256 } from "../../schema/digest.ts";
import { Hostname } from "../../schema/hostname.ts";
import { projectIdFrom } from "../../schema/ids.ts";
import { blobKey, hostKey, manifestKey, routeKey } from "../../schema/keys.ts";
import { type RawRequest, type RawResponse, send } from "../support/http.ts";
import type { Bindings } from "../support/miniflare-bindings.ts";
import { arm, type Bundle, bundleOf, canaryArm, routeRecord, utf8, withEncodings } from "../support/routes.ts";

const film = new Uint8Array(randomBytes(2 * MAX_KEPT_BLOB_BYTES));
const OLD = { "index.html": "<h1>Shop</h1>", "app-B1c2D3e4.js": "1", "film.bin": film };
const SCRIPT = "console.log('a script that compresses well');\n".repeat(50);
const NEW = { "index.html": "<h1>New shop</h1>" };

const KEYS = { VISITOR_KEY: "a key of these tests only", VARIANT_KEY: "another key of these tests" };

const server = createTestHarness({
  root: resolve(import.meta.dirname, "../.."),
  workers: [
    { configPath: "wrangler.toml", secrets: KEYS },
    { configPath: "test/fixtures/workers/stub-control.wrangler.toml" },
  ],
});
let origin: string;
let bindings: Bindings;
let shop: App;

beforeAll(async () => {
  origin = (await server.listen()).url.origin;
  const router = server.getWorker<Bindings & Record<string, unknown>>("atelier-router");
  await router.applyD1Migrations("DIRECTORY");
  bindings = await router.getEnv();
  shop = await createApp("shop");
  await shop.serve({ live: arm(await shop.upload(OLD)) });
}, 30_000);
afterAll(() => server.close());

type App = Awaited<ReturnType<typeof createApp>>;
let apps = 0;

/** A project with a host of its own, as control would leave it behind. */
async function createApp(label: string) {
  const project = projectIdFrom(`01990000-0000-7000-8000-${String(++apps).padStart(12, "0")}`);
  const host = `${label}.apps.localhost`;
  await bindings.REGISTRY.put(hostKey(Hostname.parse(host)), JSON.stringify({ version: 1, project }));
  const say = (answer: RouteAnswer | "hang") =>
    bindings.REGISTRY.put(`stub/${host}/production`, JSON.stringify(answer));
  return {
    host,
    project,
    say,
    async serve(parts: Omit<Parameters<typeof routeRecord>[0], "project">) {
      const record = routeRecord({ project, ...parts });
      await say({ kind: "route", record });
      return record;
    },
    async upload(contents: Parameters<typeof bundleOf>[0] | Bundle) {
      const { build, manifestText, blobs } = isBundle(contents) ? contents : await bundleOf(contents, project);
      for (const [digest, bytes] of blobs) await bindings.BUNDLES.put(blobKey(project, digest), bytes);
      await bindings.BUNDLES.put(manifestKey(project, build), utf8(manifestText));
      return build;
    },
    async lose(text: string) {
      await bindings.BUNDLES.delete(blobKey(project, await sha256(text)));
    },
    get: (path: string, init: RawRequest = {}): Promise<RawResponse> => send(origin, host, path, init),
  };
}

function isBundle(contents: Parameters<typeof bundleOf>[0] | Bundle): contents is Bundle {
  return "manifestText" in contents;
}

describe("the router in workerd", () => {
  it("serves a file with its headers", async () => {
    const response = await shop.get("/app-B1c2D3e4.js");
    expect(response.text).toBe("1");
    expect(response.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "content-length": "1",
      "cache-control": "public, max-age=31536000, immutable",
      "x-atelier-build": expect.stringMatching(/^[0-9a-f]{12}$/),
      "x-content-type-options": "nosniff",
    });
    expect((await shop.get("/")).text).toBe("<h1>Shop</h1>");
  });

  it("answers a condition and a HEAD as it answers a GET, without a body", async () => {
    const full = await shop.get("/app-B1c2D3e4.js");
    const { etag = "" } = full.headers;
    const unchanged = await shop.get("/app-B1c2D3e4.js", { headers: { "if-none-match": etag } });
    expect([unchanged.status, unchanged.text, unchanged.headers.etag]).toEqual([304, "", etag]);
    const head = await shop.get("/app-B1c2D3e4.js", { method: "HEAD" });
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "1"]);
  });

  it("sends encoded bytes as they are stored, and says what they are", async () => {
    const app = await createApp("encoded");
    await app.serve({
      live: arm(await app.upload(await withEncodings(await bundleOf({ "app.js": SCRIPT }, app.project)))),
    });
    // Below the front, which would choose and transcode by itself, what was asked for comes through as it is.
    for (const [coding, unpack] of [
      ["br", brotliDecompressSync],
      ["gzip", gunzipSync],
    ] as const) {
      const response = await app.get("/app.js", { headers: { "accept-encoding": coding } });
      expect(response.headers["content-encoding"]).toBe(coding);
      expect(response.headers.etag).toBe(`"${await sha256(new Uint8Array(response.body))}"`);
      expect(unpack(response.body).toString()).toBe(SCRIPT);
    }
  });

  it("gives parts of small and of large files", async () => {
    for (const [path, from, to] of [
      ["/film.bin", 1_000_000, 1_500_000],
      ["/film.bin", 0, 0],
      ["/app-B1c2D3e4.js", 0, 5],
    ] as const) {
      const headers = { range: `bytes=${from}-${to}`, "accept-encoding": "identity" };
      const response = await shop.get(path, { headers });
      const whole = path === "/film.bin" ? film : utf8("1");
      const part = whole.subarray(from, to + 1);
      expect([response.status, response.headers["content-range"]]).toEqual([
        206,
        `bytes ${from}-${from + part.length - 1}/${whole.length}`,
      ]);
      expect(response.body.equals(part)).toBe(true);
    }
    expect((await shop.get("/film.bin", { headers: { range: "bytes=9999999-" } })).status).toBe(416);
  });

  it("streams a large file whole, with its length", async () => {
    const response = await shop.get("/film.bin");
    expect(response.headers["content-length"]).toBe(String(film.length));
    expect(response.body.equals(film)).toBe(true);
  });

  it("shares its first look among requests that come together", async () => {
    const app = await createApp("crowd");
    await app.serve({ live: arm(await app.upload(OLD)) });
    const responses = await Promise.all(Array.from({ length: 40 }, () => app.get("/")));
    expect(new Set(responses.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(["200 <h1>Shop</h1>"]));
  });

  it("reads past its memory for a wished-for rev, and sees a flip after a second by itself", async () => {
    const app = await createApp("flip");
    const [first, second] = [await app.upload(OLD), await app.upload(NEW)];
    await app.serve({ live: arm(first) });
    await app.get("/");
    await app.serve({ live: arm(second), rev: 2 });
    expect((await app.get("/", { headers: { "x-atelier-min-rev": "2" } })).text).toBe("<h1>New shop</h1>");
    await app.serve({ live: arm(first), rev: 3 });
    await expect.poll(async () => (await app.get("/")).text, { timeout: 3_000 }).toBe("<h1>Shop</h1>");
  });

  it("pays one deadline for an object that hangs, and serves on", async () => {
    const app = await createApp("hanging");
    await app.serve({ live: arm(await app.upload(OLD)) });
    await app.get("/");
    await app.say("hang");
    await scheduler.wait(FRESH_MS);
    const startedAt = performance.now();
    const crowd = await Promise.all(Array.from({ length: 20 }, () => app.get("/")));
    const waited = performance.now() - startedAt;
    expect(new Set(crowd.map(({ text }) => text))).toEqual(new Set(["<h1>Shop</h1>"]));
    expect(waited).toBeGreaterThan(ASK_DEADLINE_MS - 20);
    for (let n = 0; n < 10; n++) {
      const askedAt = performance.now();
      expect((await app.get("/")).text).toBe("<h1>Shop</h1>");
      expect(performance.now() - askedAt).toBeLessThan(ASK_DEADLINE_MS - 20);
    }
  });

  it("shares one reading of the copy among requests for fingerprinted files while the object hangs", async () => {
    const app = await createApp("early");
    const record = await app.serve({ live: arm(await app.upload(OLD)) });
    await bindings.REGISTRY.put(routeKey(record.project, record.channel), JSON.stringify(record));
    await app.say("hang");
    const crowd = await Promise.all(Array.from({ length: 40 }, () => app.get("/app-B1c2D3e4.js")));
    expect(new Set(crowd.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(["200 1"]));
  });

  it("keeps a visitor on one side of a rollout", async () => {
    const app = await createApp("rollout");
    await app.serve({ live: arm(await app.upload(OLD)), canary: canaryArm(await app.upload(NEW), 5_000) });
    const page = (headers = {}) => app.get("/", { headers: { "sec-fetch-mode": "navigate", ...headers } });
    const first = await page({ "user-agent": "Firefox" });
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(
      /^__Host-atelier-visitor=[0-9a-f]{32}\.[0-9a-f]{32}; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    expect(first.headers["cache-control"]).toBe("private, max-age=0, must-revalidate");
    const again = await page({ "user-agent": "Chrome", cookie: cookie.split(";")[0] ?? "" });
    expect(again.headers["x-atelier-variant"]).toBe(first.headers["x-atelier-variant"]);
  });

  it("shows its page for an unknown host, and reads the host from nothing but the URL", async () => {
    const headers = { accept: "text/html", "x-forwarded-host": shop.host };
    const response = await send(origin, "nobody.apps.localhost", "/", { headers });
    expect(response.status).toBe(404);
    expect(response.headers["x-atelier-error"]).toBe("host_unknown");
    expect(response.text).toContain("nobody.apps.localhost");
  });

  it("believes the project over the copy of the host", async () => {
    const app = await createApp("removed");
    await app.say({ kind: "not_owned" });
    expect((await app.get("/")).headers["x-atelier-error"]).toBe("host_unknown");
  });

  it("refuses to be written to", async () => {
    const response = await shop.get("/", { method: "POST", body: "x" });
    expect([response.status, response.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  it("answers for a missing blob with an error that no cache keeps", async () => {
    const app = await createApp("lost");
    await app.serve({ live: arm(await app.upload({ "index.html": "lost" })) });
    await app.lose("lost");
    const { status, headers } = await app.get("/");
    expect([status, headers["x-atelier-error"], headers["cache-control"]]).toEqual([502, "blob_missing", "no-store"]);
  });

  it("writes one log line per request, in the trace of its caller", async () => {
    server.clearLogs();
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const { headers } = await shop.get("/", { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    expect(headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    const lines = () => server.getLogs().filter(({ message }) => message.includes('"event":"request"'));
    await expect.poll(lines).toHaveLength(1);
    expect(JSON.parse(lines()[0]?.message ?? "")).toMatchObject({
      host: shop.host,
      build: headers["x-atelier-build"],
      status: 200,
      traceId,
    });
  });
});
