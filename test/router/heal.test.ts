/** Storage that has lost or changed bytes, through the whole router in this process. */
import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { shortSha } from "../../schema/digest.ts";
import { blobKey } from "../../schema/keys.ts";
import { createMemoryWorld, type RouterWorld } from "../support/router-world.ts";
import { arm, bundleOf, PROJECT, routeRecord, utf8, withEncodings } from "../support/routes.ts";

const HOST = "shop.apps.test";
const TEXT = "let it be known ".repeat(100);
const bundle = await withEncodings(await bundleOf({ "app.js": TEXT, "logo.png": new Uint8Array([1, 2, 3]) }));
const file = (path: string) => {
  const found = bundle.manifest.files.find((file) => file.path === path);
  if (!found) throw new Error(`no ${path}`);
  return found;
};
const script = file("app.js");
const [br, gzip] = script.encodings ?? [];
if (!br || !gzip) throw new Error("the script is encoded");

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
  world.bundles.add(bundle);
  world.publish(HOST, routeRecord({ live: arm(bundle.build) }));
});

const get = (headers: Record<string, string> = {}, path = "/app.js") =>
  world.fetch(`https://${HOST}${path}`, { headers });
const lose = (...digests: (typeof br.sha256)[]) =>
  digests.map((digest) => world.bundles.delete(blobKey(PROJECT, digest)));
const events = () => world.reports.filter(({ event }) => event === "integrity.failed").map(({ facts }) => facts);

describe("a lost encoding", () => {
  it.each([
    ["missing", () => lose(br.sha256)],
    ["damaged", () => world.bundles.put(blobKey(PROJECT, br.sha256), utf8("x".repeat(br.size)))],
  ])("that is %s is made good by the plain bytes, and told", async (_how, given) => {
    given();
    const response = await get({ "accept-encoding": "br" });
    expect([response.status, await response.text()]).toEqual([200, TEXT]);
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(response.headers.get("content-length")).toBe(String(script.size));
    expect(response.headers.get("etag")).toBe(`"${script.sha256}"`);
    expect(events()).toMatchObject([{ project: PROJECT, path: "app.js", blob: br.sha256, outcome: "healed" }]);
  });

  it("is not made good for who takes no plain bytes", async () => {
    lose(br.sha256);
    const response = await get({ "accept-encoding": "br, identity;q=0" });
    expect([response.status, response.headers.get("x-atelier-error")]).toEqual([502, "blob_missing"]);
  });
});

describe("lost plain bytes", () => {
  it("are made of another form", async () => {
    lose(script.sha256);
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, TEXT]);
    expect(events()).toMatchObject([{ blob: script.sha256, outcome: "healed" }]);
  });

  it("are made of another form for a part too", async () => {
    lose(script.sha256);
    const response = await get({ range: "bytes=4-8" });
    expect([response.status, await response.text(), response.headers.get("content-length")]).toEqual([
      206,
      "it be",
      "5",
    ]);
  });

  it("leave the encodings as they are", async () => {
    lose(script.sha256);
    const response = await get({ "accept-encoding": "gzip" });
    expect(gunzipSync(new Uint8Array(await response.arrayBuffer())).toString()).toBe(TEXT);
    expect(events()).toEqual([]);
  });

  it.each([
    ["is lost as well", () => lose(gzip.sha256, br.sha256)],
    ["is damaged", () => world.bundles.put(blobKey(PROJECT, gzip.sha256), utf8("x".repeat(gzip.size)))],
  ])("are an error that no cache keeps when the other form %s", async (_how, given) => {
    lose(script.sha256);
    given();
    const response = await get();
    expect([response.status, response.headers.get("cache-control")]).toEqual([502, "no-store"]);
    expect(events()).toMatchObject([{ outcome: "blob_missing" }]);
  });

  it("of a file without another form are an error", async () => {
    lose(file("logo.png").sha256);
    expect((await get({}, "/logo.png")).status).toBe(502);
    expect(events()).toMatchObject([{ path: "logo.png", outcome: "blob_missing" }]);
  });
});

it("a lost manifest is told as well", async () => {
  const gone = await bundleOf({ "index.html": "gone" });
  world.publish(HOST, routeRecord({ live: arm(gone.build) }));
  expect((await get()).status).toBe(502);
  expect(events()).toMatchObject([{ build: gone.build, path: "manifest.json", outcome: "manifest_missing" }]);
});

it("a rescue from another build is in the log, with the build that lacks the file", async () => {
  const old = await bundleOf({ "app-B1c2D3e4.js": "1" });
  world.bundles.add(old);
  world.publish(HOST, routeRecord({ live: arm(bundle.build), retained: [old.build], rev: 2 }));
  expect((await get({}, "/app-B1c2D3e4.js")).status).toBe(200);
  expect(world.log.at(-1)).toMatchObject({ build: shortSha(old.build), rescuedFrom: shortSha(bundle.build) });
  await get({}, "/app.js");
  expect(world.log.at(-1)).toMatchObject({ rescuedFrom: null });
});
