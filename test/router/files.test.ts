/** Requests for files, through the whole router in this process. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { createBundleStore } from "../../router/bundle-store.ts";
import { ASK_DEADLINE_MS } from "../../router/registry-layers.ts";
import { sha256, shortSha } from "../../schema/digest.ts";
import { Channel, PRODUCTION } from "../../schema/hostname.ts";
import { blobKey, manifestKey, routeKey } from "../../schema/keys.ts";
import { buildSha, encodeManifest } from "../../schema/manifest.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { createMemoryBucket } from "../support/memory-bucket.ts";
import { createMemoryWorld, createRouterWorld, type RouterWorld } from "../support/router-world.ts";
import {
  arm,
  type Bundle,
  bundleOf,
  canaryArm,
  DEPLOYMENT,
  ENV_DIGEST,
  OTHER_PROJECT,
  PROJECT,
  routeRecord,
  utf8,
  withEncodings,
} from "../support/routes.ts";

const HOST = "shop.apps.test";
const SHOP = `https://${HOST}`;
const PAGE = "<h1>Shop</h1>";
const bundle = await bundleOf({
  "index.html": PAGE,
  "about.html": "<h1>About</h1>",
  "404.html": "<h1>Nothing here</h1>",
  "assets/app-B1c2D3e4.js": "console.log(1)",
  "fünke.txt": "Tobias",
  "empty.txt": "",
  "logo.png": new Uint8Array([1, 2, 3]),
});

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
  world.bundles.add(bundle);
  world.publish(HOST, routeRecord({ live: arm(bundle.build) }));
});

function digestOf({ manifest }: Bundle, path: string) {
  const file = manifest.files.find((file) => file.path === path);
  if (!file) throw new Error(`no ${path} in the bundle`);
  return file.sha256;
}

describe("a file", () => {
  it("comes with its type, its length, its tag and its build", async () => {
    const response = await world.fetch(`${SHOP}/`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(PAGE);
    expect(Object.fromEntries(response.headers)).toEqual({
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=0, must-revalidate",
      "content-length": String(PAGE.length),
      "content-type": "text/html; charset=utf-8",
      etag: `"${digestOf(bundle, "index.html")}"`,
      "referrer-policy": "strict-origin-when-cross-origin",
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      "x-atelier-build": shortSha(bundle.build),
      "x-content-type-options": "nosniff",
    });
  });

  it.each([
    ["/", "public, max-age=0, must-revalidate"],
    ["/logo.png", "public, max-age=0, must-revalidate"],
    ["/assets/app-B1c2D3e4.js", "public, max-age=31536000, immutable"],
    ["/no-such-thing", "no-store"],
  ])("at %s may be cached as %j", async (path, expected) => {
    const response = await world.fetch(SHOP + path);
    expect(response.headers.get("cache-control")).toBe(expected);
  });

  it.each([
    ["/f%C3%BCnke.txt", "Tobias"],
    ["/about", "<h1>About</h1>"],
    ["/empty.txt", ""],
    ["/?utm=x", PAGE],
  ])("answers %s", async (path, body) => {
    const response = await world.fetch(SHOP + path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body);
    expect(response.headers.get("content-length")).toBe(String(utf8(body).length));
  });

  it("that the client has already is a 304 that keeps tag and caching, and opens nothing", async () => {
    await world.fetch(SHOP, { method: "HEAD" });
    world.bundles.reads.length = 0;
    const etag = `"${digestOf(bundle, "assets/app-B1c2D3e4.js")}"`;
    const response = await world.fetch(`${SHOP}/assets/app-B1c2D3e4.js`, {
      headers: { "if-none-match": `"x", W/${etag}` },
    });
    expect(response.status).toBe(304);
    expect(response.headers.get("etag")).toBe(etag);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.has("content-length")).toBe(false);
    expect(world.bundles.reads).toEqual([]);
  });

  it("asked for by HEAD has the headers of GET, no body, and opens nothing", async () => {
    const get = await world.fetch(`${SHOP}/logo.png`);
    world.bundles.reads.length = 0;
    const head = await world.fetch(`${SHOP}/logo.png`, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    const withoutTrace = ({ headers }: Response) => [...headers].filter(([name]) => name !== "traceparent");
    expect(withoutTrace(head)).toEqual(withoutTrace(get));
    expect(world.bundles.reads).toEqual([]);
  });

  it("that does not exist is the app's own page, with status 404 and without a tag", async () => {
    const response = await world.fetch(`${SHOP}/deep/missing`, { headers: { "if-none-match": "*" } });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("<h1>Nothing here</h1>");
    expect(response.headers.has("etag")).toBe(false);
    expect(response.headers.has("x-atelier-error")).toBe(false);
  });

  it("is found whatever X-Forwarded-Host says", async () => {
    const response = await world.fetch(`${SHOP}/`, {
      headers: { "x-forwarded-host": "evil.example", host: "evil.example" },
    });
    expect(await response.text()).toBe(PAGE);
  });

  it("is never opened by a key made of the request's path", async () => {
    for (const path of ["/", "/about", "/..%2f..%2fother", "//", "/a/b/c", "/assets/app-B1c2D3e4.js"]) {
      await world.fetch(SHOP + path);
    }
    const known = new Set([
      manifestKey(PROJECT, bundle.build),
      ...[...bundle.blobs.keys()].map((sha) => blobKey(PROJECT, sha)),
    ]);
    expect(world.bundles.reads.filter((key) => !known.has(key))).toEqual([]);
  });
});

describe("an encoded file", () => {
  const TEXT = "let it be known ".repeat(100);
  let encoded: Bundle;
  beforeEach(async () => {
    encoded = await withEncodings(
      await bundleOf({ "app.js": TEXT, "404.html": TEXT, "logo.png": new Uint8Array(2_000) }),
    );
    world.bundles.add(encoded);
    world.publish(HOST, routeRecord({ live: arm(encoded.build) }));
  });
  const get = (path: string, headers: Record<string, string>, method = "GET") =>
    world.fetch(SHOP + path, { method, headers });

  it.each([
    ["br, gzip", "br", brotliDecompressSync],
    ["gzip", "gzip", gunzipSync],
    ["br;q=0.1, gzip", "gzip", gunzipSync],
  ])("for Accept-Encoding %j comes in %s, its bytes as they are stored", async (accepted, encoding, unpack) => {
    const response = await get("/app.js", { "accept-encoding": accepted });
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("vary")).toBe("accept-encoding");
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(unpack(bytes).toString()).toBe(TEXT);
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
    expect(response.headers.get("etag")).toBe(`"${await sha256(bytes)}"`);
  });

  it("has a tag of its own in each form, and is a 304 only for that", async () => {
    const tags = new Map<string, string>();
    for (const coding of ["br", "gzip", "identity"]) {
      tags.set(coding, (await get("/app.js", { "accept-encoding": coding })).headers.get("etag") ?? "");
    }
    expect(new Set(tags.values()).size).toBe(3);
    world.bundles.reads.length = 0;
    for (const [coding, tag] of tags) {
      const response = await get("/app.js", { "accept-encoding": coding, "if-none-match": tag });
      expect([response.status, response.headers.get("vary")]).toEqual([304, "accept-encoding"]);
    }
    expect(world.bundles.reads).toEqual([]);
    const other = { "accept-encoding": "gzip", "if-none-match": tags.get("br") ?? "" };
    expect((await get("/app.js", other)).status).toBe(200);
  });

  it("by HEAD says the same as by GET and opens nothing", async () => {
    const accepted = { "accept-encoding": "br" };
    const whole = await get("/app.js", accepted);
    world.bundles.reads.length = 0;
    const head = await get("/app.js", accepted, "HEAD");
    for (const name of ["content-encoding", "content-length", "etag", "vary"]) {
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
    }
    expect(world.bundles.reads).toEqual([]);
  });

  it("is plain, and still varies, for who takes no encoding", async () => {
    const response = await get("/app.js", {});
    expect([await response.text(), response.headers.get("content-encoding")]).toEqual([TEXT, null]);
    expect(response.headers.get("vary")).toBe("accept-encoding");
  });

  it.each([
    ["/app.js", "identity;q=0"],
    ["/app.js", "*;q=0"],
    ["/logo.png", "identity;q=0, br"],
  ])("at %s can not be had with Accept-Encoding %j", async (path, accepted) => {
    const response = await get(path, { "accept-encoding": accepted });
    expect([response.status, response.headers.get("x-atelier-error")]).toEqual([406, "encoding_not_acceptable"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("is encoded too as the page for what is missing, and sent to everybody", async () => {
    const packed = await get("/missing", { "accept-encoding": "br" });
    expect([packed.status, packed.headers.get("content-encoding")]).toEqual([404, "br"]);
    const plain = await get("/missing", { "accept-encoding": "*;q=0" });
    expect([plain.status, await plain.text()]).toEqual([404, TEXT]);
  });

  it("gives ranges of its plain bytes, whatever is accepted", async () => {
    const response = await get("/app.js", { "accept-encoding": "br", range: "bytes=4-8" });
    expect([response.status, await response.text()]).toEqual([206, TEXT.slice(4, 9)]);
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(response.headers.get("vary")).toBe("accept-encoding");
  });
});

describe("a range", () => {
  const get = (headers: Record<string, string>, path = "/about.txt", method = "GET") =>
    world.fetch(SHOP + path, { method, headers });
  const TEXT = "0123456789";
  let etag: string;
  beforeEach(async () => {
    const ranged = await bundleOf({ "about.txt": TEXT, "empty.txt": "", "404.html": TEXT });
    world.bundles.add(ranged);
    world.publish(HOST, routeRecord({ live: arm(ranged.build) }));
    etag = `"${digestOf(ranged, "about.txt")}"`;
  });

  it("is a part that says which one it is", async () => {
    const response = await get({ range: "bytes=2-4" });
    expect([response.status, await response.text()]).toEqual([206, "234"]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-range": "bytes 2-4/10",
      "content-length": "3",
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=0, must-revalidate",
      etag,
    });
  });

  it("that begins after the end is a 416 that says how long the file is", async () => {
    const response = await get({ range: "bytes=10-" });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it.each<[string, Record<string, string>]>([
    ["of several parts", { range: "bytes=0-1,4-5" }],
    ["of a thousand parts", { range: `bytes=${"0-0,".repeat(1_000)}1-1` }],
    ["that is malformed", { range: "bytes=4-2" }],
    ["of another version", { range: "bytes=2-4", "if-range": '"other"' }],
    ["of a weak tag", { range: "bytes=2-4", "if-range": `W/"x"` }],
    ["that can not be had, of another version", { range: "bytes=90-", "if-range": '"other"' }],
  ])("%s is the whole", async (_what, headers) => {
    const response = await get(headers);
    expect([response.status, await response.text()]).toEqual([200, TEXT]);
  });

  it("of this very version is given", async () => {
    const response = await get({ range: "bytes=2-4", "if-range": etag });
    expect(response.status).toBe(206);
  });

  it("means nothing to HEAD, to an empty file and to what is missing", async () => {
    expect((await get({ range: "bytes=2-4" }, "/about.txt", "HEAD")).status).toBe(200);
    expect((await get({ range: "bytes=0-" }, "/empty.txt")).status).toBe(200);
    const missing = await get({ range: "bytes=2-4" }, "/missing");
    expect([missing.status, await missing.text()]).toEqual([404, TEXT]);
  });

  it("comes after the conditions", async () => {
    expect((await get({ range: "bytes=2-4", "if-none-match": etag })).status).toBe(304);
    expect((await get({ range: "bytes=2-4", "if-match": '"other"' })).status).toBe(412);
    expect((await get({ range: "bytes=90-", "if-match": '"other"' })).status).toBe(412);
  });
});

describe("a condition that fails", () => {
  it("is a 412 that sends nothing", async () => {
    const response = await world.fetch(`${SHOP}/`, { headers: { "if-match": '"other"' } });
    expect([response.status, response.headers.get("x-atelier-error")]).toEqual([412, "precondition_failed"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect((await world.fetch(`${SHOP}/`, { headers: { "if-match": "*" } })).status).toBe(200);
    expect((await world.fetch(`${SHOP}/missing`, { headers: { "if-match": '"other"' } })).status).toBe(404);
  });
});

describe("a date", () => {
  const FLIPPED = Date.UTC(2026, 10, 23, 11, 0, 0, 700);
  const AT = "Mon, 23 Nov 2026 11:00:00 GMT";
  const BEFORE = "Mon, 23 Nov 2026 10:59:59 GMT";
  const get = (headers: Record<string, string>) => world.fetch(`${SHOP}/about`, { headers });
  beforeEach(() => world.publish(HOST, routeRecord({ live: arm(bundle.build), since: FLIPPED })));

  it.each<[Record<string, string>, number]>([
    [{}, 200],
    [{ "if-modified-since": AT }, 304],
    [{ "if-modified-since": BEFORE }, 200],
    [{ "if-modified-since": AT, "if-none-match": '"other"' }, 200],
    [{ "if-unmodified-since": AT }, 200],
    [{ "if-unmodified-since": BEFORE }, 412],
    [{ range: "bytes=0-0", "if-range": AT }, 206],
    [{ range: "bytes=0-0", "if-range": BEFORE }, 200],
  ])("in %j gives %i", async (headers, status) => {
    const response = await get(headers);
    expect(response.status).toBe(status);
    expect(response.headers.get("last-modified")).toBe(status === 412 ? null : AT);
  });

  it("moves on with a rollback, and is not told of a rollout, nor in the second of a flip", async () => {
    const since = FLIPPED + 60_000;
    world.publish(HOST, routeRecord({ live: arm(bundle.build), rev: 2, since }));
    expect((await get({ "if-modified-since": AT })).headers.get("last-modified")).toBe("Mon, 23 Nov 2026 11:01:00 GMT");
    world.publish(HOST, routeRecord({ live: arm(bundle.build), canary: canaryArm(bundle.build, 500), rev: 3, since }));
    await world.clock.advance(1_000);
    expect((await get({})).headers.has("last-modified")).toBe(false);
    world.publish(HOST, routeRecord({ live: arm(bundle.build), rev: 4, since: world.clock.now() }));
    await world.clock.advance(1_000);
    expect((await get({})).headers.has("last-modified")).toBe(false);
    await world.clock.advance(1_000);
    expect((await get({})).headers.has("last-modified")).toBe(true);
  });
});

describe("credentials", () => {
  it.each([
    ["/", "private, max-age=0, must-revalidate"],
    ["/assets/app-B1c2D3e4.js", "private, max-age=31536000, immutable"],
  ])("keep %s out of shared caches", async (path, expected) => {
    const response = await world.fetch(SHOP + path, { headers: { authorization: "Basic eDp5" } });
    expect(response.headers.get("cache-control")).toBe(expected);
  });
});

describe("an address", () => {
  it.each([
    ["/about.html", "/about"],
    ["/about.html?a=1&b=%20", "/about?a=1&b=%20"],
    ["/index.html", "/"],
    ["/about/", "/about"],
    ["//about", "/about"],
    ["//evil.com/", "-"],
    ["/%61bout", "/about"],
    ["/f%C3%BCnke%2Etxt", "/f%C3%BCnke.txt"],
    ["/f%c3%bcnke.txt", "/f%C3%BCnke.txt"],
    ["/about", "-"],
    ["/f%C3%BCnke.txt", "-"],
    ["/logo.png", "-"],
    ["/%6Dissing", "-"],
  ])("%s goes to %s", async (path, expected) => {
    const response = await world.fetch(SHOP + path);
    expect(response.headers.get("location") ?? "-").toBe(expected);
    if (expected === "-") return;
    expect([response.status, response.headers.get("cache-control")]).toEqual([
      307,
      "public, max-age=0, must-revalidate",
    ]);
    expect(response.headers.get("x-atelier-build")).toBe(shortSha(bundle.build));
  });

  it("is written as the build wants it", async () => {
    const dropped = await bundleOf({ "docs/index.html": PAGE }, PROJECT, { html: "drop-trailing-slash" });
    world.bundles.add(dropped);
    world.publish(HOST, routeRecord({ live: arm(dropped.build) }));
    expect((await world.fetch(`${SHOP}/docs/`)).headers.get("location")).toBe("/docs");
    expect(await (await world.fetch(`${SHOP}/docs`)).text()).toBe(PAGE);
  });
});

describe("a page", () => {
  it("names what it is about to ask for, in the words of its build", async () => {
    const links = "</assets/app-B1c2D3e4.js>; rel=modulepreload";
    const files = bundle.manifest.files.map((file) => (file.path === "index.html" ? { ...file, links } : file));
    const manifest = { ...bundle.manifest, files };
    const manifestText = encodeManifest(manifest);
    const linked = { ...bundle, manifest, manifestText, build: await buildSha(manifestText) };
    world.bundles.add(linked);
    world.publish(HOST, routeRecord({ live: arm(linked.build) }));
    expect((await world.fetch(`${SHOP}/`)).headers.get("link")).toBe(links);
    expect((await world.fetch(`${SHOP}/about`)).headers.has("link")).toBe(false);
  });
});

describe("a single-page app", () => {
  it("gets its shell on navigations, and an honest 404 for missing files", async () => {
    const app = await bundleOf({ "index.html": PAGE, "app.js": "1" });
    world.bundles.add(app);
    world.publish(HOST, routeRecord({ live: arm(app.build) }));
    const page = await world.fetch(`${SHOP}/orders/7`, { headers: { "sec-fetch-mode": "navigate" } });
    expect([page.status, await page.text()]).toEqual([200, PAGE]);
    const script = await world.fetch(`${SHOP}/gone.js`, { headers: { "sec-fetch-mode": "no-cors" } });
    expect([script.status, script.headers.get("x-atelier-error")]).toEqual([404, "file_not_found"]);
  });
});

describe("a preview", () => {
  it("is found under its project's host and kept out of search engines", async () => {
    const host = "shop-pr-42.apps.test";
    world.publish(host, routeRecord({ live: arm(bundle.build), channel: Channel.parse("pr-42") }));
    const response = await world.fetch(`https://${host}/`);
    expect(await response.text()).toBe(PAGE);
    expect(response.headers.get("x-robots-tag")).toBe("noindex");
    expect(world.log[0]).toMatchObject({ channel: "pr-42", project: PROJECT });
  });
});

describe("a custom domain", () => {
  it("serves production, with a port and a trailing dot too", async () => {
    world.publish("www.example.com", routeRecord({ live: arm(bundle.build) }));
    for (const origin of ["https://www.example.com", "https://WWW.Example.com.:8443"]) {
      expect(await (await world.fetch(`${origin}/`)).text()).toBe(PAGE);
    }
  });
});

describe("an open tab after a deploy", () => {
  it("still gets the fingerprinted files of retained builds, from whichever has them", async () => {
    const next = await bundleOf({ "index.html": "new", "assets/app-F5g6H7i8.js": "console.log(2)" });
    const older = await bundleOf({ "index.html": "old", "assets/app-Z9y8X7w6.js": "console.log(0)" });
    for (const added of [next, older]) world.bundles.add(added);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [bundle.build, older.build], rev: 2 }));
    for (const [path, body, build] of [
      ["/assets/app-F5g6H7i8.js", "console.log(2)", next.build],
      ["/assets/app-B1c2D3e4.js", "console.log(1)", bundle.build],
      ["/assets/app-Z9y8X7w6.js", "console.log(0)", older.build],
    ] as const) {
      const response = await world.fetch(SHOP + path);
      expect(await response.text()).toBe(body);
      expect(response.headers.get("x-atelier-build")).toBe(shortSha(build));
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  it("gets neither old HTML nor old files whose name does not vouch for them", async () => {
    const next = await bundleOf({ "index.html": "new" });
    world.bundles.add(next);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [bundle.build], rev: 2 }));
    for (const path of ["/about.html", "/logo.png", "/about"]) {
      expect((await world.fetch(SHOP + path)).status).toBe(404);
    }
  });

  it("costs no look into retained builds for a name that no bundler makes, and one look for a name that none has", async () => {
    const next = await bundleOf({ "index.html": "new" });
    world.bundles.add(next);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [bundle.build], rev: 2 }));
    const { manifest } = world.bundles;
    let lookups = 0;
    world.bundles.manifest = (project, build) => {
      if (build === bundle.build) lookups += 1;
      return manifest(project, build);
    };
    const looks = async (path: string) => {
      const before = lookups;
      expect((await world.fetch(SHOP + path)).status).toBe(404);
      return lookups - before;
    };
    for (const path of ["/wp-login.php", "/.env", "/x.xml", "/logo.png"]) expect(await looks(path)).toBe(0);
    const gone = "/assets/app-N0n0N0n0.js";
    expect([await looks(gone), await looks(gone)]).toEqual([1, 0]);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [bundle.build], rev: 3 }));
    await world.clock.advance(1_000);
    expect(await looks(gone)).toBe(1);
  });

  it("is not troubled by a retained build that is gone", async () => {
    const next = await bundleOf({ "index.html": "new" });
    const gone = await bundleOf({ "index.html": "gone" });
    world.bundles.add(next);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [gone.build, bundle.build], rev: 2 }));
    expect((await world.fetch(`${SHOP}/assets/app-B1c2D3e4.js`)).status).toBe(200);
  });
});

describe("a flip", () => {
  it("is seen after a second, and at once by whoever names the rev", async () => {
    const next = await bundleOf({ "index.html": "new" });
    world.bundles.add(next);
    await world.fetch(`${SHOP}/`);
    world.publish(HOST, routeRecord({ live: arm(next.build), rev: 2 }));
    expect(await (await world.fetch(`${SHOP}/`)).text()).toBe(PAGE);
    expect(await (await world.fetch(`${SHOP}/`, { headers: { "x-atelier-min-rev": "2" } })).text()).toBe("new");
    expect(await (await world.fetch(`${SHOP}/`)).text()).toBe("new");
    world.publish(HOST, routeRecord({ live: arm(bundle.build), rev: 3 }));
    await world.clock.advance(1_000);
    expect(await (await world.fetch(`${SHOP}/`)).text()).toBe(PAGE);
  });
});

describe("a fingerprinted file", () => {
  it("does not wait for a registry that hangs; the check happens behind it", async () => {
    await world.fetch(`${SHOP}/`);
    await world.clock.advance(60_000);
    world.registry.asked.length = 0;
    world.registry.routes.askProject = () => new Promise(() => {});
    const response = await world.fetch(`${SHOP}/assets/app-B1c2D3e4.js`);
    expect(await response.text()).toBe("console.log(1)");
    expect(world.log.at(-1)).toMatchObject({ origin: "stale", build: shortSha(bundle.build) });
  });

  it("lets the check end a host that has been removed", async () => {
    await world.fetch(`${SHOP}/`);
    await world.clock.advance(60_000);
    world.registry.answers.set(HOST, { kind: "not_owned" });
    const path = `${SHOP}/assets/app-B1c2D3e4.js`;
    expect((await world.fetch(path)).status).toBe(200);
    await world.clock.settle();
    expect((await world.fetch(path)).headers.get("x-atelier-error")).toBe("host_unknown");
  });
});

/** The clock stands until it is moved: whatever comes without that did not wait. */
describe("a fingerprinted file of a cold isolate", () => {
  const SCRIPT = "/assets/app-B1c2D3e4.js";
  const COPY = routeKey(PROJECT, PRODUCTION);
  const hang = () => new Promise<never>(() => {});
  const fail = () => Promise.reject(new Error("out of order"));
  const delayed = <T>(ms: number, answer: () => Promise<T>) =>
    new Promise<T>((resolve) => {
      world.clock.startTimer(ms, () => resolve(answer()));
    });
  const delayObject = (ms: number) => {
    const { askProject } = world.registry.routes;
    world.registry.routes.askProject = (...ask) => delayed(ms, () => askProject(...ask));
  };
  const delayCopy = (ms: number) => {
    const { readCopy } = world.registry.routes;
    world.registry.routes.readCopy = (...of) => delayed(ms, () => readCopy(...of));
  };
  const fetchWithin = async (ms: number, path: string, headers: Record<string, string> = {}) => {
    const waiting = world.fetch(SHOP + path, { headers });
    await world.clock.settle();
    await world.clock.advance(ms);
    return waiting;
  };

  it("comes from the copy of the route, and the object confirms the host behind it", async () => {
    delayObject(200);
    const response = await world.fetch(SHOP + SCRIPT);
    expect(await response.text()).toBe("console.log(1)");
    expect(response.headers.get("x-atelier-build")).toBe(shortSha(bundle.build));
    expect(world.log.at(-1)).toMatchObject({ origin: "copy", deployment: DEPLOYMENT, durationMs: 0 });
    await world.clock.advance(200);
    await world.fetch(`${SHOP}/`);
    expect(world.log.at(-1)).toMatchObject({ origin: "memo" });
    expect(world.registry.asked).toEqual([`kv:host/${HOST}`, `kv:${COPY}`, "object"]);
  });

  it("comes out of whichever build of the copy has it", async () => {
    const next = await bundleOf({ "index.html": "new" });
    world.bundles.add(next);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [bundle.build], rev: 2 }));
    world.registry.routes.askProject = hang;
    expect((await world.fetch(SHOP + SCRIPT)).headers.get("x-atelier-build")).toBe(shortSha(bundle.build));
  });

  it.each([
    ["/", {}],
    ["/logo.png", {}],
    [SCRIPT, { "sec-fetch-mode": "navigate" }],
  ])("is the only thing that does: %s %j waits for the object", async (path, headers) => {
    world.registry.routes.askProject = hang;
    expect((await fetchWithin(ASK_DEADLINE_MS, path, headers)).status).toBe(200);
    expect(world.log.at(-1)).toMatchObject({ origin: "copy", durationMs: ASK_DEADLINE_MS });
  });

  it("waits for the object when the copy is of a time before its build", async () => {
    const next = await bundleOf({ "index.html": "new", "assets/app-F5g6H7i8.js": "console.log(2)" });
    world.bundles.add(next);
    const record = routeRecord({ live: arm(next.build), retained: [bundle.build], rev: 2 });
    world.registry.answers.set(HOST, { kind: "route", record });
    delayObject(200);
    const response = await fetchWithin(200, "/assets/app-F5g6H7i8.js");
    expect(await response.text()).toBe("console.log(2)");
    expect(world.log.at(-1)).toMatchObject({ origin: "object", build: shortSha(next.build), durationMs: 200 });
  });

  it.each<[string, () => void]>([
    ["is absent", () => world.registry.kv.delete(COPY)],
    ["is damaged", () => world.registry.kv.set(COPY, '{"version":2}')],
    ["can not be read", () => Object.assign(world.registry.routes, { readCopy: fail })],
    ["hangs", () => Object.assign(world.registry.routes, { readCopy: hang })],
    ["is another project's", () => putCopy({ project: OTHER_PROJECT })],
    ["names a build that is gone", () => putCopy({ live: arm(ENV_DIGEST) })],
  ])("comes by the object, and no later, when the copy %s", async (_how, given) => {
    given();
    delayObject(200);
    expect((await fetchWithin(200, SCRIPT)).status).toBe(200);
    expect(world.log.at(-1)).toMatchObject({ origin: "object", build: shortSha(bundle.build), durationMs: 200 });
  });

  it("never comes from another project's copy", async () => {
    putCopy({ project: OTHER_PROJECT });
    world.registry.routes.askProject = fail;
    expect((await world.fetch(SHOP + SCRIPT)).headers.get("x-atelier-error")).toBe("registry_unavailable");
  });

  it("does not come at a host that its project denies", async () => {
    world.registry.answers.set(HOST, { kind: "not_owned" });
    delayCopy(100);
    for (let n = 0; n < 2; n++) {
      expect((await world.fetch(SHOP + SCRIPT)).headers.get("x-atelier-error")).toBe("host_unknown");
    }
  });

  it("comes at most until its project denies the host", async () => {
    world.registry.answers.set(HOST, { kind: "not_owned" });
    delayObject(200);
    expect((await world.fetch(SHOP + SCRIPT)).status).toBe(200);
    await world.clock.advance(200);
    expect((await world.fetch(SHOP + SCRIPT)).headers.get("x-atelier-error")).toBe("host_unknown");
  });

  it("waits for the object when the copy is below a wished-for rev", async () => {
    delayObject(200);
    expect((await fetchWithin(200, SCRIPT, { "x-atelier-min-rev": "2" })).status).toBe(200);
    expect(world.log.at(-1)).toMatchObject({ origin: "object", durationMs: 200 });
  });

  it("costs a crowd of requests one reading of the copy", async () => {
    delayCopy(50);
    world.registry.routes.askProject = hang;
    const crowd = Promise.all(Array.from({ length: 20 }, () => world.fetch(SHOP + SCRIPT)));
    await world.clock.settle();
    await world.clock.advance(50);
    expect((await crowd).every(({ status }) => status === 200)).toBe(true);
    expect(world.registry.asked.filter((what) => what === `kv:${COPY}`)).toHaveLength(1);
  });

  it("needs no copy when another name of its project has brought the record", async () => {
    const record = routeRecord({ live: arm(bundle.build) });
    world.publish("www.example.com", record);
    await world.fetch(`${SHOP}/`);
    world.registry.asked.length = 0;
    world.registry.routes.askProject = hang;
    expect((await world.fetch(`https://www.example.com${SCRIPT}`)).status).toBe(200);
    expect(world.registry.asked).toEqual(["kv:host/www.example.com"]);
  });

  it("needs no copy either when the record is remembered and only its manifest has to be fetched", async () => {
    const next = await bundleOf({ "index.html": "new" });
    world.bundles.add(next);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [bundle.build] }));
    await world.fetch(`${SHOP}/`);
    await world.clock.advance(60_000);
    world.registry.asked.length = 0;
    world.registry.routes.askProject = hang;
    const response = await world.fetch(SHOP + SCRIPT);
    expect(response.headers.get("x-atelier-build")).toBe(shortSha(bundle.build));
    expect(world.log.at(-1)).toMatchObject({ origin: "stale", durationMs: 0 });
    expect(world.registry.asked).toEqual([]);
  });

  it("at a host that nobody owns asks neither an object nor for a copy", async () => {
    await world.fetch(`https://nobody.apps.test${SCRIPT}`);
    expect(world.registry.asked).toEqual(["kv:host/nobody.apps.test", "d1:nobody.apps.test"]);
  });

  it("tells of a storage that is broken", async () => {
    world.bundles.manifest = fail;
    expect((await world.fetch(SHOP + SCRIPT)).headers.get("x-atelier-error")).toBe("platform_error");
  });

  function putCopy(parts: Partial<RouteRecord>) {
    world.registry.kv.set(COPY, JSON.stringify(routeRecord({ live: arm(bundle.build), ...parts })));
  }
});

describe("storage", () => {
  it("is not touched by a warm request, nor is any other system", async () => {
    const bucket = createMemoryBucket();
    bucket.add(bundle);
    const ports = { now: () => 0, startTimer: () => () => undefined };
    const warm = createRouterWorld(createBundleStore(bucket, { clock: ports, keepAlive: () => undefined }));
    warm.publish(HOST, routeRecord({ live: arm(bundle.build) }));
    await warm.fetch(`${SHOP}/`);
    expect(bucket.reads).toHaveLength(2);
    bucket.reads.length = 0;
    warm.registry.asked.length = 0;

    for (const init of [{}, { method: "HEAD" }, { headers: { "if-none-match": "*" } }])
      await warm.fetch(`${SHOP}/`, init);
    expect(bucket.reads).toEqual([]);
    expect(warm.registry.asked).toEqual([]);
  });

  it("is read once for a cold file whose manifest is held, and the registry once, but not its copy", async () => {
    const bucket = createMemoryBucket();
    bucket.add(bundle);
    const ports = { now: () => 0, startTimer: () => () => undefined };
    const held = createRouterWorld(createBundleStore(bucket, { clock: ports, keepAlive: () => undefined }));
    held.publish(HOST, routeRecord({ live: arm(bundle.build) }));
    await held.fetch(`${SHOP}/`, { method: "HEAD" });
    for (const path of ["/assets/app-B1c2D3e4.js", "/logo.png"]) {
      await held.clock.advance(60_000);
      bucket.reads.length = 0;
      held.registry.asked.length = 0;
      await held.fetch(SHOP + path);
      expect(bucket.reads).toEqual([blobKey(PROJECT, digestOf(bundle, path.slice(1)))]);
      expect(held.registry.asked).toEqual(["object"]);
    }
  });
});

describe("the log", () => {
  it("has one line per request that says whose it was and which build answered", async () => {
    const traceparent = `00-${"4b".repeat(16)}-${"00f067aa0ba902b7"}-01`;
    await world.fetch(`${SHOP}/logo.png?token=secret`, { headers: { traceparent } });
    expect(world.log).toEqual([
      {
        ts: "2026-11-23T12:00:00.000Z",
        event: "request",
        version: 1,
        project: PROJECT,
        channel: "production",
        deployment: DEPLOYMENT,
        build: shortSha(bundle.build),
        rescuedFrom: null,
        variant: null,
        forced: null,
        status: 200,
        durationMs: 0,
        method: "GET",
        host: HOST,
        path: "/logo.png",
        origin: "object",
        traceId: "4b".repeat(16),
        failure: null,
      },
    ]);
  });
});
