/** What an app's `_redirects` and `_headers` do to requests, through the whole router in this process. */
import { beforeEach, describe, expect, it } from "vitest";
import { compileRules } from "../../builder/rules/compile-rules.ts";
import { Channel } from "../../schema/hostname.ts";
import { createMemoryWorld, type RouterWorld } from "../support/router-world.ts";
import { arm, type Bundle, bundleOf, canaryArm, PROJECT, routeRecord } from "../support/routes.ts";

const HOST = "shop.apps.test";
const SHOP = `https://${HOST}`;
const CONTENTS = {
  "index.html": "home",
  "about.html": "about",
  "app/index.html": "app",
  "assets/app-B1c2D3e4.js": "1",
  "logo.svg": "<svg/>",
};

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
});

async function bundleWith(texts: { redirects?: string; headers?: string }, contents = CONTENTS): Promise<Bundle> {
  const files = new Set(Object.keys(contents));
  const site = { html: "auto-trailing-slash", hasFile: (path: string) => files.has(path) } as const;
  const { rules, notes } = compileRules({ redirects: null, headers: null, ...texts }, site);
  expect(notes).toEqual([]);
  const bundle = await bundleOf(contents, PROJECT, rules ? { rules } : {});
  world.bundles.add(bundle);
  return bundle;
}

async function serve(texts: { redirects?: string; headers?: string }, contents?: typeof CONTENTS) {
  world.publish(HOST, routeRecord({ live: arm((await bundleWith(texts, contents)).build) }));
}

const get = (path: string, headers: Record<string, string> = {}) => world.fetch(SHOP + path, { headers });

describe("a redirect", () => {
  it.each([
    ["/old /new 301", "/old?a=1", 301, "/new?a=1"],
    ["/old /new?b=2", "/old?a=1", 302, "/new?b=2"],
    ["/old /new#there", "/old?a=1", 302, "/new?a=1#there"],
    ["/old https://example.com/x 308", "/old?a=1", 308, "https://example.com/x?a=1"],
    ["/about /elsewhere", "/about", 302, "/elsewhere"],
    ["/old /new", "/%6Fld", 302, "/new"],
    ["/old /new", "//old", 302, "/new"],
  ])("%j answers %s with %i %s", async (redirects, path, status, location) => {
    await serve({ redirects });
    const response = await get(path);
    expect([response.status, response.headers.get("location")]).toEqual([status, location]);
    expect(response.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
  });

  it.each([
    ["/x/* /about.html 200", "/x/y", "about"],
    ["/x/* /about 200", "/x/y", "about"],
    ["/x/* /app/index.html 200", "/x/y", "app"],
    ["/x/* /assets/:splat 200", "/x/app-B1c2D3e4.js", "1"],
  ])("%j with 200 answers %s in place", async (redirects, path, body) => {
    await serve({ redirects });
    const response = await get(path);
    expect([response.status, response.headers.get("location"), await response.text()]).toEqual([200, null, body]);
  });

  it("with 200 to nothing is a 404, and never a way out of the bundle", async () => {
    await serve({ redirects: "/x/* /:splat 200" });
    for (const path of ["/x/missing", "/x/_headers", "/x/%2e%2e%5csecret"]) {
      expect([404, 400]).toContain((await get(path)).status);
    }
  });

  it("is not cached by others while a rollout runs", async () => {
    const [live, canary] = [
      await bundleWith({ redirects: "/old /new" }),
      await bundleWith({ redirects: "/old /newer" }),
    ];
    world.publish(HOST, routeRecord({ live: arm(live.build), canary: canaryArm(canary.build, 5_000) }));
    expect((await get("/old")).headers.get("cache-control")).toBe("private, max-age=0, must-revalidate");
  });
});

describe("rules of headers", () => {
  it("set, take away and add", async () => {
    await serve({ headers: "/*\n X-A: 1\n Referrer-Policy: no-referrer\n ! X-Content-Type-Options\n/about\n X-A: 2" });
    const { headers } = await get("/about");
    expect(headers.get("x-a")).toBe("1, 2");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.has("x-content-type-options")).toBe(false);
  });

  it("hold for 304, redirects, the shell of an app and its 404 page too", async () => {
    await serve({ headers: "/*\n X-A: 1", redirects: "/old /new" });
    const { headers } = await get("/about");
    for (const [path, more, status] of [
      ["/about", { "if-none-match": headers.get("etag") ?? "" }, 304],
      ["/old", {}, 302],
      ["/about.html", {}, 307],
      ["/orders/7", { "sec-fetch-mode": "navigate" }, 200],
    ] as const) {
      const response = await get(path, more);
      expect([response.status, response.headers.get("x-a")]).toEqual([status, "1"]);
    }
    await serve({ headers: "/*\n X-A: 1" }, { ...CONTENTS, "404.html": "none" } as typeof CONTENTS);
    await world.clock.advance(1_000);
    const missing = await get("/missing");
    expect([missing.status, missing.headers.get("x-a")]).toEqual([404, "1"]);
  });

  it("decide how long a file is kept, but never an error, a fallback, what follows a rollout's side or what needs credentials", async () => {
    const headers = "/*\n Cache-Control: public, max-age=600\n Expires: Thu, 01 Jan 2099 00:00:00 GMT";
    const contents = { ...CONTENTS, "404.html": "none" } as typeof CONTENTS;
    const bundle = await bundleWith({ headers }, contents);
    world.publish(HOST, routeRecord({ live: arm(bundle.build) }));
    expect((await get("/about")).headers.get("cache-control")).toBe("public, max-age=600");
    const missing = await get("/missing");
    expect([missing.headers.get("cache-control"), missing.headers.has("expires")]).toEqual(["no-store", false]);
    expect((await get("/about", { authorization: "x" })).headers.get("cache-control")).toMatch(/^private/);
    world.publish(HOST, routeRecord({ live: arm(bundle.build), canary: canaryArm(bundle.build, 5_000), rev: 2 }));
    await world.clock.advance(1_000);
    expect((await get("/about")).headers.get("cache-control")).toMatch(/^private/);
    expect((await get("/logo.svg")).headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
    const spa = await bundleWith({ headers });
    world.publish(HOST, routeRecord({ live: arm(spa.build), rev: 3 }));
    await world.clock.advance(1_000);
    const shell = await get("/orders/7", { "sec-fetch-mode": "navigate" });
    expect([shell.status, shell.headers.get("cache-control")]).toEqual([200, "public, max-age=0, must-revalidate"]);
  });

  it("do not open a preview to search engines", async () => {
    const bundle = await bundleWith({ headers: "/*\n X-Robots-Tag: all\n ! X-Robots-Tag" });
    world.publish("shop-pr-42.apps.test", routeRecord({ live: arm(bundle.build), channel: Channel.parse("pr-42") }));
    const response = await world.fetch("https://shop-pr-42.apps.test/about");
    expect(response.headers.get("x-robots-tag")).toBe("noindex");
  });

  it("of an open tab's build go with its files", async () => {
    const old = await bundleWith({ headers: "/assets/*\n Access-Control-Allow-Origin: *" });
    const { "assets/app-B1c2D3e4.js": _, ...rest } = CONTENTS;
    const next = await bundleOf(rest);
    world.bundles.add(next);
    world.publish(HOST, routeRecord({ live: arm(next.build), retained: [old.build] }));
    const response = await get("/assets/app-B1c2D3e4.js");
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  });
});
