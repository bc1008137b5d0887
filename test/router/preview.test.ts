/** Visits that a pass sends to one side of a rollout, through the whole router in this process. */
import { beforeEach, describe, expect, it } from "vitest";
import { rolloutIdFrom } from "../../schema/ids.ts";
import { signPass, type VariantPass } from "../../schema/variant-pass.ts";
import { createMemoryWorld, type RouterWorld, VARIANT_KEY } from "../support/router-world.ts";
import { arm, bundleOf, canaryArm, OTHER_PROJECT, PROJECT, ROLLOUT, routeRecord } from "../support/routes.ts";

const HOST = "shop.apps.test";
const SHOP = `https://${HOST}`;
const HOUR_MS = 3_600_000;
const live = await bundleOf({ "index.html": "live", "assets/app-L1l1L1l1.js": "l" });
const canary = await bundleOf({ "index.html": "canary", "assets/app-C1c1C1c1.js": "c" });

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
  world.bundles.add(live);
  world.bundles.add(canary);
  world.publish(HOST, routeRecord({ live: arm(live.build), canary: canaryArm(canary.build, 500) }));
});

function endRollout(): Promise<void> {
  world.publish(HOST, routeRecord({ live: arm(live.build), rev: 2 }));
  return world.clock.advance(1_000);
}

function pass(change: Partial<VariantPass> = {}, key = VARIANT_KEY): Promise<string> {
  const expiresAt = world.clock.now() + HOUR_MS;
  const made = { kind: "preview", project: PROJECT, rollout: ROLLOUT, variant: "canary", expiresAt, ...change };
  return signPass(key, made as VariantPass);
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return world.fetch(SHOP + path, { headers: { "cf-connecting-ip": "203.0.113.7", ...headers } });
}
const navigate = (path: string, headers = {}) => get(path, { "sec-fetch-mode": "navigate", ...headers });

/** Worth nothing here and now, each for another reason. */
const WORTHLESS: readonly (readonly [why: string, text: () => Promise<string>])[] = [
  ["the name of a side", async () => "canary"],
  ["nothing", async () => ""],
  ["signed with another key", () => pass({}, "yet another key of tests")],
  ["expired", () => pass({ expiresAt: world.clock.now() })],
  ["for another project", () => pass({ project: OTHER_PROJECT })],
  ["for another rollout", () => pass({ rollout: rolloutIdFrom("01990000-0000-7000-8000-0000000000f2") })],
];

describe("a pass in the header", () => {
  it.each(["canary", "live"] as const)("shows the %s side, whatever the hash says", async (variant) => {
    const header = await pass({ variant });
    for (let n = 0; n < 5; n++) {
      const headers = { "x-atelier-variant": header, "user-agent": `tester ${n}` };
      const response = await navigate("/", headers);
      expect(await response.text()).toBe(variant);
      expect(response.headers.get("x-atelier-variant")).toBe(variant);
      expect(response.headers.get("x-atelier-forced")).toBe("preview");
      expect(response.headers.has("set-cookie")).toBe(false);
    }
    expect(world.log[0]).toMatchObject({ variant, forced: "preview" });
  });

  it("makes every answer one that nobody keeps, fingerprinted files and failures included", async () => {
    const headers = { "x-atelier-variant": await pass() };
    for (const path of ["/", "/assets/app-C1c1C1c1.js", "/nothing.txt"]) {
      expect((await get(path, headers)).headers.get("cache-control"), path).toMatch(/no-store/);
    }
  });

  it.each(WORTHLESS)("is refused, and not passed over, when it is %s", async (_why, text) => {
    const response = await navigate("/", { "x-atelier-variant": await text(), accept: "text/html" });
    expect(response.status).toBe(403);
    expect(response.headers.get("x-atelier-error")).toBe("variant_pass_refused");
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(await response.text()).toContain("This preview is over");
  });

  it("is refused after the rollout, and while none runs", async () => {
    const header = await pass();
    await endRollout();
    expect((await get("/", { "x-atelier-variant": header })).status).toBe(403);
    expect((await get("/assets/app-L1l1L1l1.js", { "x-atelier-variant": header })).status).toBe(403);
  });
});

describe("a preview link", () => {
  const open = (text: string, headers = {}) => navigate(`/_atelier/variant?pass=${encodeURIComponent(text)}`, headers);

  it("leads to the app, with a cookie that shows that side for as long as the pass says", async () => {
    const link = await open(await pass());
    expect([link.status, link.headers.get("location")]).toEqual([303, "/"]);
    expect(link.headers.get("cache-control")).toBe("private, no-store");
    const [cookie = "", ...rules] = (link.headers.get("set-cookie") ?? "").split("; ");
    expect(rules).toEqual(["Max-Age=3600", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]);
    expect(cookie).toMatch(/^__Host-atelier-preview=v1\./);
    const page = await navigate("/", { cookie });
    expect([await page.text(), page.headers.get("x-atelier-forced")]).toEqual(["canary", "preview"]);
    expect(page.headers.get("cache-control")).toBe("private, no-store");
    // Later it is worth nothing, and goes.
    await world.clock.advance(HOUR_MS);
    const later = await navigate("/", { cookie });
    expect(later.headers.has("x-atelier-forced")).toBe(false);
    expect(later.headers.getSetCookie()).toContain(
      "__Host-atelier-preview=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
    );
  });

  it.each(WORTHLESS)("is a clear page when the pass is %s", async (_why, text) => {
    const response = await open(await text(), { accept: "text/html" });
    expect([response.status, response.headers.has("set-cookie")]).toEqual([403, false]);
    expect(await response.text()).toContain("This preview is over");
  });

  it("never takes a probe's pass, nor an open parameter", async () => {
    const probe = await pass({ kind: "probe", probe: "p1" } as Partial<VariantPass>);
    expect((await open(probe)).status).toBe(403);
    expect((await navigate("/_atelier/variant?variant=canary")).status).toBe(403);
    expect((await navigate(`/?pass=${await pass()}`)).headers.has("x-atelier-forced")).toBe(false);
  });

  it("is left by another one", async () => {
    const left = await navigate("/_atelier/variant/leave");
    expect([left.status, left.headers.get("location")]).toEqual([303, "/"]);
    expect(left.headers.get("set-cookie")).toContain("__Host-atelier-preview=; Max-Age=0");
  });

  it("leaves the rest of the platform's paths reserved", async () => {
    for (const path of ["/_atelier/", "/_atelier/variants", "/_atelier/variant/other"]) {
      expect((await get(path)).headers.get("x-atelier-error"), path).toBe("path_reserved");
    }
  });

  it("leaves nothing behind after the rollout", async () => {
    const cookie = `__Host-atelier-preview=${await pass()}`;
    await endRollout();
    const page = await navigate("/", { cookie });
    expect([await page.text(), page.status]).toEqual(["live", 200]);
    expect(page.headers.get("set-cookie")).toContain("__Host-atelier-preview=; Max-Age=0");
    expect(page.headers.get("cache-control")).toBe("private, no-store");
  });
});

describe("forced visits", () => {
  it("are no evidence: neither visitors nor errors", async () => {
    world.bundles.blob = () => Promise.reject(new Error("storage is away"));
    for (let n = 0; n < 20; n++) {
      const headers = { "x-atelier-variant": await pass(), "user-agent": `tester ${n}` };
      expect((await get("/", headers)).status).toBe(503);
    }
    await world.clock.advance(2_000);
    expect(world.batches).toEqual([]);
  });

  it("are counted as probes when they are some, each by its arm, and as nothing else", async () => {
    for (const variant of ["canary", "live"] as const) {
      const header = await pass({ kind: "probe", probe: "p1", variant } as Partial<VariantPass>);
      const response = await navigate("/", { "x-atelier-variant": header });
      expect(response.headers.get("x-atelier-forced")).toBe("probe");
      expect(await response.text()).toBe(variant);
    }
    await world.clock.advance(2_000);
    expect(world.batches).toEqual([
      {
        meter: `${PROJECT}/${ROLLOUT}`,
        batch: {
          version: 1,
          visitors: [],
          events: [],
          integrityFailures: [],
          countedProbes: [
            { probe: "p1", arm: "canary" },
            { probe: "p1", arm: "control" },
          ],
        },
      },
    ]);
  });
});
