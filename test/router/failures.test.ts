/** Requests that end without a file, through the whole router in this process. */
import { beforeEach, describe, expect, it } from "vitest";
import { StorageOutage } from "../../router/storage-outage.ts";
import { shortSha } from "../../schema/digest.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { createMemoryWorld, type RouterWorld } from "../support/router-world.ts";
import { arm, bundleOf, PROJECT, routeRecord, utf8 } from "../support/routes.ts";

const HOST = "shop.apps.test";
const SHOP = `https://${HOST}`;
const bundle = await bundleOf({ "index.html": "home" });
const pageless = await bundleOf({ "app.js": "1" });
const manifest = manifestKey(PROJECT, bundle.build);
const [blob] = [...bundle.blobs.keys()].map((sha) => blobKey(PROJECT, sha));
const asBrowser = { headers: { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate" } };

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
  world.bundles.add(bundle);
  world.publish(HOST, routeRecord({ live: arm(bundle.build) }));
});

type Case = {
  readonly title: string;
  readonly code: string;
  readonly status: number;
  readonly request?: readonly [url: string, init?: RequestInit];
  readonly given?: (world: RouterWorld) => void;
  readonly headers?: Readonly<Record<string, string>>;
};

const CASES: readonly Case[] = [
  {
    title: "a method that changes something",
    code: "method_not_allowed",
    status: 405,
    request: [`${SHOP}/`, { method: "POST", body: "x" }],
    headers: { allow: "GET, HEAD" },
  },
  { title: "a malformed path", code: "path_malformed", status: 400, request: [`${SHOP}/%ff`] },
  { title: "a smuggled slash", code: "path_malformed", status: 400, request: [`${SHOP}/..%2fsecret`] },
  { title: "a path of the platform", code: "path_reserved", status: 404, request: [`${SHOP}/_atelier/vitals`] },
  { title: "the same, escaped", code: "path_reserved", status: 404, request: [`${SHOP}/%5Fatelier/vitals`] },
  { title: "a host that nobody owns", code: "host_unknown", status: 404, request: ["https://nobody.apps.test/"] },
  { title: "the apps domain itself", code: "host_unknown", status: 404, request: ["https://apps.test/"] },
  { title: "an IP address", code: "host_unknown", status: 404, request: ["https://203.0.113.7/"] },
  { title: "a name that is no slug", code: "host_unknown", status: 404, request: ["https://a.b.apps.test/"] },
  {
    title: "a host whose project denies it",
    code: "host_unknown",
    status: 404,
    given: ({ registry }) => registry.answers.set(HOST, { kind: "not_owned" }),
  },
  {
    title: "a directory that does not answer",
    code: "host_unverified",
    status: 503,
    request: ["https://new.apps.test/"],
    given: ({ registry }) => {
      registry.hostnames.set("new.apps.test", "not a project's id");
    },
    headers: { "retry-after": "5" },
  },
  {
    title: "a project that has published nothing",
    code: "nothing_deployed",
    status: 404,
    given: ({ registry }) => registry.answers.set(HOST, { kind: "empty", building: false, rev: 0 }),
  },
  {
    title: "a first build that runs",
    code: "first_build_running",
    status: 503,
    given: ({ registry }) => registry.answers.set(HOST, { kind: "empty", building: true, rev: 0 }),
    headers: { "retry-after": "5" },
  },
  {
    title: "a file that the app does not have",
    code: "file_not_found",
    status: 404,
    given: (world) => {
      world.bundles.add(pageless);
      world.publish(HOST, routeRecord({ live: arm(pageless.build) }));
    },
  },
  {
    title: "a registry that is down, with nothing remembered",
    code: "registry_unavailable",
    status: 503,
    given: ({ registry }) => {
      registry.routes.askProject = () => Promise.reject(new Error("out of order"));
      registry.routes.readCopy = () => Promise.reject(new Error("out of order"));
    },
    headers: { "retry-after": "5" },
  },
  {
    title: "a manifest that is gone",
    code: "manifest_missing",
    status: 502,
    given: (world) => world.bundles.delete(manifest),
  },
  {
    title: "a manifest that is not its build's",
    code: "manifest_damaged",
    status: 502,
    given: (world) => world.bundles.put(manifest, utf8("{}")),
  },
  {
    title: "a blob that is gone",
    code: "blob_missing",
    status: 502,
    given: (world) => world.bundles.delete(blob ?? ""),
  },
  {
    title: "a blob with a flipped bit",
    code: "blob_damaged",
    status: 502,
    given: (world) => world.bundles.put(blob ?? "", utf8("homf")),
  },
  {
    title: "a storage that can not be read",
    code: "storage_unavailable",
    status: 503,
    given: (world) => {
      world.bundles.blob = () => Promise.reject(new StorageOutage(new Error("10001: internal detail")));
    },
    headers: { "retry-after": "5" },
  },
  {
    title: "a storage that throws",
    code: "platform_error",
    status: 503,
    given: (world) => {
      world.bundles.blob = () => Promise.reject(new Error("10001: internal detail"));
    },
    headers: { "retry-after": "5" },
  },
];

describe.each(CASES)("$title", ({ code, status, request = [`${SHOP}/`], given, headers = {} }) => {
  beforeEach(() => given?.(world));

  it(`is ${status} ${code}, never cached, with a body for programs`, async () => {
    const response = await world.fetch(...request);
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-atelier-error": code,
      "cache-control": "no-store",
      "content-type": "application/problem+json",
      "x-content-type-options": "nosniff",
      ...headers,
    });
    const [url] = request;
    expect(await response.json()).toMatchObject({ type: `urn:atelier:problem:${code}`, code, status });
    expect(world.log).toMatchObject([{ status, failure: code, host: new URL(url).hostname }]);
  });

  it("is a page for people", async () => {
    const [url, init] = request;
    const response = await world.fetch(url, { ...init, ...asBrowser });
    const html = await response.text();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(html).toContain(`${code} (${status})`);
    expect(html).toContain(String(world.log[0]?.traceId));
    expect(html).not.toContain("internal detail");
  });
});

describe("a failure", () => {
  it("names the build that it belongs to", async () => {
    world.bundles.delete(blob ?? "");
    const response = await world.fetch(`${SHOP}/`);
    expect(response.headers.get("x-atelier-build")).toBe(shortSha(bundle.build));
    expect(world.log[0]).toMatchObject({ project: PROJECT, build: shortSha(bundle.build) });
  });

  it("asked for by HEAD has no body", async () => {
    const response = await world.fetch("https://nobody.apps.test/", { method: "HEAD", ...asBrowser });
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  it("inside of the platform is reported with its cause and its trace, and shown without", async () => {
    world.bundles.blob = () => Promise.reject(new Error("10001: internal detail"));
    await world.fetch(`${SHOP}/`);
    expect(world.reports).toMatchObject([
      {
        event: "request.failed",
        facts: { host: HOST, traceId: world.log[0]?.traceId },
        cause: new Error("10001: internal detail"),
      },
    ]);
  });

  it("of a host that was guessed never addresses a project's object", async () => {
    for (let n = 0; n < 50; n++) await world.fetch(`https://guess-${n}.apps.test/`);
    expect(world.registry.asked).not.toContain("object");
  });
});

describe("a page of the platform", () => {
  async function pageOf(building: boolean) {
    world.registry.answers.set(HOST, { kind: "empty", building, rev: 0 });
    await world.clock.advance(1_000);
    const response = await world.fetch(`${SHOP}/`, asBrowser);
    return { html: await response.text(), policy: response.headers.get("content-security-policy") ?? "" };
  }

  it("looks again by itself while the first build runs, and only then", async () => {
    expect((await pageOf(true)).html).toContain('http-equiv="refresh" content="5"');
    expect((await pageOf(false)).html).not.toContain("refresh");
  });

  it("loads nothing and runs nothing: its policy allows its own style and no more", async () => {
    const { html, policy } = await pageOf(true);
    const nonce = /<style nonce="([^"]+)">/.exec(html)?.[1];
    expect(policy).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(html).not.toMatch(/<script|src=|href=|url\(|@import/);
    expect(html).toContain("prefers-color-scheme: dark");
  });

  it("has a fresh nonce each time", async () => {
    expect((await pageOf(true)).policy).not.toBe((await pageOf(true)).policy);
  });
});
