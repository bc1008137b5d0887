/** Requests while a canary is active, through the whole router in this process. */
import { beforeEach, describe, expect, it } from "vitest";
import { chooseVariant } from "../../router/variant.ts";
import { createVisitors } from "../../router/visitor.ts";
import { shortSha } from "../../schema/digest.ts";
import { createMemoryWorld, type RouterWorld, VISITOR_KEY } from "../support/router-world.ts";
import {
  arm,
  bundleOf,
  CANARY_DEPLOYMENT,
  canaryArm,
  DEPLOYMENT,
  PROJECT,
  ROLLOUT,
  routeRecord,
} from "../support/routes.ts";

const HOST = "shop.apps.test";
const SHOP = `https://${HOST}`;
const live = await bundleOf({
  "index.html": "live",
  "about.html": "about live",
  "logo.png": "l",
  "assets/app-L1l1L1l1.js": "l",
});
const canary = await bundleOf({ "index.html": "canary", "logo.png": "c", "assets/app-C1c1C1c1.js": "c" });

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
  world.bundles.add(live);
  world.bundles.add(canary);
});

function roll(weightBps: number, rev = 1) {
  world.publish(HOST, routeRecord({ live: arm(live.build), canary: canaryArm(canary.build, weightBps), rev }));
}

function visit(path: string, headers: Record<string, string> = {}) {
  return world.fetch(SHOP + path, {
    headers: { "cf-connecting-ip": "203.0.113.7", "user-agent": "Firefox", ...headers },
  });
}
const navigate = (path: string, headers = {}) => visit(path, { "sec-fetch-mode": "navigate", ...headers });

describe("a page of a rollout", () => {
  it.each([
    [0, "live", live, DEPLOYMENT],
    [10_000, "canary", canary, CANARY_DEPLOYMENT],
  ])("at weight %i is the %s one and says so", async (weightBps, variant, bundle, deployment) => {
    roll(weightBps);
    const response = await navigate("/");
    expect(await response.text()).toBe(variant);
    expect(response.headers.get("x-atelier-variant")).toBe(variant);
    expect(response.headers.get("x-atelier-build")).toBe(shortSha(bundle.build));
    expect(world.log[0]).toMatchObject({ variant, deployment, build: shortSha(bundle.build) });
  });

  it("is not for shared caches", async () => {
    roll(500);
    const page = await navigate("/");
    expect(page.headers.get("cache-control")).toBe("private, max-age=0, must-revalidate");
    expect(page.headers.get("vary")).toMatch(/cookie/i);
    expect((await visit("/logo.png")).headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
  });

  it("goes to the side that the hash of the visitor's id says", async () => {
    roll(5_000);
    for (let n = 0; n < 20; n++) {
      const headers = { "cf-connecting-ip": `203.0.113.${n}`, "user-agent": "Firefox" };
      const { id } = await createVisitors(VISITOR_KEY).identify(PROJECT, new Headers(headers));
      const expected = chooseVariant({ salt: ROLLOUT, weightBps: 5_000 }, id);
      expect(await (await navigate("/", headers)).text()).toBe(expected);
    }
  });
});

describe("the visitor's cookie", () => {
  it("is set on a page, and then decides, whatever else changes", async () => {
    roll(5_000);
    const first = await navigate("/");
    const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(cookie).toMatch(/^__Host-atelier-visitor=[0-9a-f]{32}\.[0-9a-f]{32}$/);
    const body = await first.text();
    for (let n = 0; n < 20; n++) {
      const again = await navigate("/", { cookie, "cf-connecting-ip": `198.51.100.${n}` });
      expect(await again.text()).toBe(body);
      expect(again.headers.has("set-cookie")).toBe(false);
    }
  });

  it.each([
    ["a file of a page", () => visit("/logo.png", { "sec-fetch-mode": "no-cors" })],
    ["a file opened on its own", () => navigate("/logo.png")],
    ["a page that does not exist", () => visit("/missing.html")],
  ])("is not set on %s", async (_what, request) => {
    roll(500);
    expect((await request()).headers.has("set-cookie")).toBe(false);
  });

  it("is not set, and nobody is told apart, while no rollout runs", async () => {
    world.publish(HOST, routeRecord({ live: arm(live.build) }));
    const response = await navigate("/");
    expect(response.headers.has("set-cookie")).toBe(false);
    expect(response.headers.has("x-atelier-variant")).toBe(false);
    expect(response.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
  });
});

describe("after the rollout", () => {
  async function cookieOf() {
    roll(5_000);
    const cookie = (await navigate("/")).headers.get("set-cookie")?.split(";")[0] ?? "";
    world.publish(HOST, routeRecord({ live: arm(canary.build), rev: 2 }));
    await world.clock.advance(1_000);
    return cookie;
  }

  it("the first page takes the cookie away, and is kept by no cache", async () => {
    const cookie = await cookieOf();
    const page = await navigate("/", { cookie });
    expect(page.headers.getSetCookie()).toEqual([
      "__Host-atelier-visitor=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
    ]);
    expect(page.headers.get("cache-control")).toBe("private, no-store");
    expect(page.headers.has("x-atelier-variant")).toBe(false);
  });

  it("whoever has none is served as ever", async () => {
    await cookieOf();
    const page = await navigate("/", { cookie: "theme=dark" });
    expect(page.headers.has("set-cookie")).toBe(false);
    expect(page.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
  });

  it("files leave the cookie alone: they stay cacheable", async () => {
    const cookie = await cookieOf();
    const file = await visit("/assets/app-C1c1C1c1.js", { cookie });
    expect(file.headers.has("set-cookie")).toBe(false);
    expect(file.headers.get("cache-control")).toContain("immutable");
  });
});

describe("a rising weight", () => {
  it("never sends a visitor back", async () => {
    const visitors = Array.from({ length: 60 }, (_, n) => ({ "cf-connecting-ip": `203.0.113.${n}` }));
    const seen = new Set<number>();
    for (const [step, weightBps] of [500, 2_500, 5_000, 10_000].entries()) {
      roll(weightBps, step + 1);
      await world.clock.advance(1_000);
      for (const [n, headers] of visitors.entries()) {
        const body = await (await navigate("/", headers)).text();
        if (seen.has(n)) expect(body).toBe("canary");
        if (body === "canary") seen.add(n);
      }
    }
    expect(seen.size).toBe(visitors.length);
  });
});

describe("files of the other side", () => {
  it("are served when fingerprinted, so that a page is never half one build and half the other", async () => {
    roll(0);
    const script = await visit("/assets/app-C1c1C1c1.js");
    expect([script.status, await script.text()]).toEqual([200, "c"]);
    expect(script.headers.get("x-atelier-build")).toBe(shortSha(canary.build));
    expect(script.headers.get("x-atelier-variant")).toBe("live");
  });

  it("are not served when they are pages", async () => {
    roll(10_000);
    expect((await visit("/about.html")).status).toBe(404);
  });
});
