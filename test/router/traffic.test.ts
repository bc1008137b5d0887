/** What visits say about a rollout, through the whole router in this process, as its meter is told. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { createBrokenReferences } from "../../router/broken-references.ts";
import { StorageOutage } from "../../router/storage-outage.ts";
import { createTraffic } from "../../router/traffic.ts";
import { startTrail } from "../../router/trail.ts";
import { chooseVariant } from "../../router/variant.ts";
import {
  MAX_BATCH_ERRORS,
  MAX_BATCH_VISITORS,
  TrafficBatch,
  type TrafficEvent,
} from "../../schema/contracts/traffic.ts";
import type { Digest } from "../../schema/digest.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { createMemoryWorld, type RouterWorld } from "../support/router-world.ts";
import { arm, type Bundle, bundleOf, canaryArm, PROJECT, ROLLOUT, routeRecord, utf8 } from "../support/routes.ts";

const HOST = "shop.apps.test";
const SHOP = `https://${HOST}`;
const WEIGHT = 5_000;
const page = (...names: string[]) => names.map((name) => `<script src="/assets/${name}"></script>`).join("");
const live = await bundleOf({ "index.html": page("app-L1l1L1l1.js"), "assets/app-L1l1L1l1.js": "l", "logo.png": "l" });
const good = await bundleOf({ "index.html": page("app-C1c1C1c1.js"), "assets/app-C1c1C1c1.js": "c", "logo.png": "c" });
/** Its page names one script that is there, which names a part that is not; and one that is missing itself. */
const broken = await bundleOf({
  "index.html": page("app-D1d1D1d1.js", "gone-D2d2D2d2.js"),
  "assets/app-D1d1D1d1.js": 'import("./part-D3d3D3d3.js")',
});

let world: RouterWorld;
beforeEach(() => {
  world = createMemoryWorld();
  for (const bundle of [live, good, broken]) world.bundles.add(bundle);
});

function roll(canary: Bundle, weightBps = WEIGHT, rev = 1) {
  world.publish(HOST, routeRecord({ live: arm(live.build), canary: canaryArm(canary.build, weightBps), rev }));
}

type Who = { readonly n: number; readonly headers: Record<string, string> };

function someone(n: number, address = `203.0.${n >> 8}.${n & 255}`): Who {
  return { n, headers: { "cf-connecting-ip": address, "user-agent": `browser ${n}` } };
}

async function isCanary({ headers }: Who, weightBps = WEIGHT): Promise<boolean> {
  const { id } = await world.visitors.identify(PROJECT, new Headers(headers));
  return chooseVariant({ salt: ROLLOUT, weightBps }, id) === "canary";
}

function get(path: string, { headers }: Who, more: Record<string, string> = {}): Promise<Response> {
  return world.fetch(SHOP + path, { headers: { ...headers, ...more } });
}

/** Until everything has been told, or given up. */
async function settle(): Promise<TrafficBatch[]> {
  // Hashing takes time of its own, which the clock of the world knows nothing of.
  await sleep(50);
  await world.clock.advance(1_000);
  await Promise.race([Promise.all(world.background), world.clock.advance(15_000)]);
  return world.batches.map(({ batch }) => TrafficBatch.parse(batch));
}

async function events(): Promise<TrafficEvent[]> {
  return (await settle()).flatMap((batch) => batch.events);
}

const MANY = 60;
const crowd = Array.from({ length: MANY }, (_, n) => someone(n));
async function canaries(): Promise<Who[]> {
  const sides = await Promise.all(crowd.map((who) => isCanary(who)));
  return crowd.filter((_, n) => sides[n]);
}

describe("visitors", () => {
  it("of the canary are told once, to the meter of their rollout, a second after the first", async () => {
    roll(good);
    for (const who of crowd) for (const path of ["/", "/logo.png", "/"]) await get(path, who);
    expect(world.batches).toEqual([]);
    await world.clock.advance(999);
    expect(world.batches).toEqual([]);
    const [batch, ...more] = await settle();
    expect(more).toEqual([]);
    expect(world.batches[0]?.meter).toBe(`${PROJECT}/${ROLLOUT}`);
    expect(batch?.visitors.length).toBe((await canaries()).length);
    // Who comes again is known.
    for (const who of crowd) await get("/", who);
    expect(await settle()).toHaveLength(1);
  });

  it("cost nothing while no rollout runs", async () => {
    world.publish(HOST, routeRecord({ live: arm(live.build) }));
    await get("/", someone(1));
    const before = world.background.length;
    for (const who of crowd) await get("/", who, { cookie: "__Host-atelier-visitor=x" });
    expect(world.background.length).toBe(before);
    expect(await settle()).toEqual([]);
  });
});

describe("answers of 5xx", () => {
  it("count once per visitor, in his arm, at the weight of that moment, with the hash of his network", async () => {
    roll(good);
    await get("/", someone(0));
    world.bundles.blob = () => Promise.reject(new Error("storage is away"));
    for (const who of crowd) for (let n = 0; n < 3; n++) expect((await get("/logo.png", who)).status).toBe(503);
    const told = await events();
    expect(told).toHaveLength(MANY);
    const expected = (await canaries()).length;
    expect(told.filter((event) => event.arm === "canary")).toHaveLength(expected);
    for (const event of told) expect(event).toMatchObject({ metric: "server_errors", weightBps: WEIGHT });
    expect(new Set(told.map(({ network }) => network)).size).toBe(MANY);
    expect(told.every(({ network }) => network !== null)).toBe(true);
  });

  it("from one address have one network, however many visitors it claims to be", async () => {
    roll(good);
    await get("/", someone(0));
    world.bundles.blob = () => Promise.reject(new Error("storage is away"));
    for (let n = 0; n < 200; n++) await get("/logo.png", someone(n, "203.0.113.7"));
    const told = await events();
    expect(told).toHaveLength(200);
    expect(new Set(told.map(({ network }) => network)).size).toBe(1);
  });

  it("because storage can not be read are nobody's: what few ask for is less often at hand", async () => {
    roll(good);
    await get("/", someone(0));
    world.bundles.blob = () => Promise.reject(new StorageOutage(new Error("10001")));
    for (const who of crowd) {
      const response = await get("/logo.png", who);
      expect([response.status, response.headers.get("x-atelier-error")]).toEqual([503, "storage_unavailable"]);
    }
    expect(await events()).toEqual([]);
  });

  it("before the side is known count nowhere", async () => {
    roll(good);
    world.registry.routes.askProject = () => Promise.reject(new Error("out of order"));
    world.registry.routes.readCopy = () => Promise.reject(new Error("out of order"));
    expect((await get("/", someone(1))).status).toBe(503);
    expect(await settle()).toEqual([]);
  });
});

describe("missing files", () => {
  it.each([
    ["gone-D2d2D2d2.js", "a page names"],
    ["part-D3d3D3d3.js", "a script of the page names"],
  ])("that the canary's build names count for its visitors: %s, which %s", async (name) => {
    roll(broken);
    const some = await canaries();
    for (const who of crowd) {
      const response = await get(`/assets/${name}`, who, { referer: `${SHOP}/` });
      expect(response.status).toBe(404);
    }
    const told = await events();
    expect(told).toHaveLength(some.length);
    for (const event of told)
      expect(event).toMatchObject({ arm: "canary", network: expect.any(Number), weightBps: WEIGHT });
  });

  it.each([
    ["a name that somebody made up", "/assets/made-up00.js", {}],
    ["one that a page of another site is said to name", "/assets/made-up00.js", { referer: "https://evil.test/" }],
    ["the right name in another folder", "/assets/assets/gone-D2d2D2d2.js", {}],
    ["a file that another build still has", "/assets/app-L1l1L1l1.js", {}],
    ["a file without a fingerprint", "/assets/logo.js", {}],
    ["a navigation", "/assets/gone-D2d2D2d2.js", { "sec-fetch-mode": "navigate" }],
    ["a path that is refused", "/assets/..%2fgone-D2d2D2d2.js", {}],
  ])("do not count: %s", async (_what, path, headers) => {
    roll(broken, 10_000);
    for (const who of crowd) await get(path, who, { referer: `${SHOP}/`, ...headers });
    expect(await events()).toEqual([]);
  });

  it("that both builds name and lack tell nothing about either", async () => {
    const both = { "index.html": page("gone-D2d2D2d2.js") };
    const [one, other] = [await bundleOf({ ...both, "a.txt": "1" }), await bundleOf({ ...both, "a.txt": "2" })];
    for (const bundle of [one, other]) world.bundles.add(bundle);
    world.publish(HOST, routeRecord({ live: arm(one.build), canary: canaryArm(other.build, WEIGHT) }));
    for (const who of crowd) await get("/assets/gone-D2d2D2d2.js", who);
    expect(await events()).toEqual([]);
  });

  it("of the live build count for its own visitors", async () => {
    world.publish(HOST, routeRecord({ live: arm(broken.build), canary: canaryArm(good.build, WEIGHT) }));
    for (const who of crowd) await get("/assets/gone-D2d2D2d2.js", who);
    const told = await events();
    expect(told).toHaveLength(MANY - (await canaries()).length);
    expect(new Set(told.map((event) => event.arm))).toEqual(new Set(["control"]));
  });

  it("by made-up names cost one look at the page, whatever their number", async () => {
    roll(good, 10_000);
    await get("/", someone(1));
    world.bundles.reads.length = 0;
    for (let n = 0; n < 200; n++) await get(`/assets/made-${String(n).padStart(8, "0")}.js`, someone(n));
    await settle();
    const texts = world.bundles.reads.filter((key) => key.startsWith("blobs/"));
    // Its page, and the script that it names.
    expect(new Set(texts).size).toBeLessThanOrEqual(2);
  });
});

describe("a bundle that is not whole", () => {
  const key = (bundle: Bundle, text: string) =>
    blobKey(PROJECT, [...bundle.blobs].find(([, bytes]) => Buffer.from(bytes).toString() === text)?.[0] as Digest);

  it.each([
    ["missing", (world: RouterWorld) => world.bundles.delete(key(good, "c"))],
    ["damaged", (world: RouterWorld) => world.bundles.put(key(good, "c"), utf8("d"))],
  ] as const)("is told when it is the canary's: a file is %s", async (problem, harm) => {
    roll(good, 10_000);
    harm(world);
    for (const who of crowd) expect((await get("/logo.png", who)).status).toBe(502);
    const batches = await settle();
    expect(batches.flatMap(({ integrityFailures }) => integrityFailures)).toEqual([{ path: "logo.png", problem }]);
  });

  it("is told of its manifest", async () => {
    roll(good, 10_000);
    world.bundles.delete(manifestKey(PROJECT, good.build));
    await get("/", someone(1));
    expect((await settle())[0]?.integrityFailures).toEqual([{ path: "manifest.json", problem: "missing" }]);
  });

  it("is no canary's when it is the live one's", async () => {
    roll(good, 0);
    world.bundles.delete(key(live, "l"));
    expect((await get("/logo.png", someone(1))).status).toBe(502);
    const batches = await settle();
    expect(batches.flatMap(({ integrityFailures }) => integrityFailures)).toEqual([]);
    expect(batches.flatMap(({ events }) => events)).toMatchObject([{ arm: "control" }]);
  });

  it("was one bad reading, when the second is good", async () => {
    roll(good, 10_000);
    const read = world.bundles.blob.bind(world.bundles);
    let reads = 0;
    world.bundles.blob = (project, file) => (++reads === 1 ? { kind: "damaged" } : read(project, file));
    expect((await get("/logo.png", someone(1))).status).toBe(502);
    expect((await settle()).flatMap(({ integrityFailures }) => integrityFailures)).toEqual([]);
  });

  it("is not a storage that fails", async () => {
    roll(good, 10_000);
    const read = world.bundles.blob.bind(world.bundles);
    let reads = 0;
    world.bundles.blob = (project, file) => {
      if (++reads === 1) return { kind: "missing" };
      return reads === 2 ? Promise.reject(new Error("storage is away")) : read(project, file);
    };
    await get("/logo.png", someone(1));
    expect((await settle()).flatMap(({ integrityFailures }) => integrityFailures)).toEqual([]);
  });

  it("is watched once more while everybody has the canary, until that is over", async () => {
    const until = world.clock.now() + 60_000;
    world.publish(HOST, routeRecord({ live: arm(good.build), bake: { rollout: ROLLOUT, until } }));
    world.bundles.delete(key(good, "c"));
    await get("/logo.png", someone(1));
    const [batch] = await settle();
    expect(batch).toMatchObject({
      integrityFailures: [{ path: "logo.png", problem: "missing" }],
      events: [{ arm: "canary", weightBps: 10_000 }],
    });
    expect(batch?.visitors).toHaveLength(1);
    await world.clock.advance(60_000);
    await get("/logo.png", someone(2));
    expect(await settle()).toHaveLength(1);
  });
});

describe("a meter that does not answer", () => {
  it.each([
    ["hangs", () => new Promise<never>(() => {})],
    ["refuses", () => Promise.reject(new Error("overloaded"))],
  ])(
    "and %s is tried three times, then the batch is dropped and that is said; answers do not wait",
    async (_, tell) => {
      let tries = 0;
      world.meters.tell = () => {
        tries += 1;
        return tell();
      };
      roll(good, 10_000);
      const response = await get("/", someone(1));
      expect(response.status).toBe(200);
      expect(await settle()).toEqual([]);
      expect(tries).toBe(3);
      expect(world.reports).toMatchObject([{ event: "traffic.not_told", facts: { rollout: ROLLOUT, count: "1" } }]);
      // Who comes again is told again.
      world.meters.tell = async () => {};
      await get("/", someone(1));
      expect((await settle())[0]?.visitors).toHaveLength(1);
    },
  );

  it("for once is told the same again", async () => {
    let tries = 0;
    world.meters.tell = async () => {
      if (++tries === 1) throw new Error("evicted");
    };
    roll(good, 10_000);
    await get("/", someone(1));
    expect(await settle()).toHaveLength(1);
    expect(tries).toBe(2);
  });

  it("hears of broken files that it missed when they are met again", async () => {
    world.meters.tell = () => Promise.reject(new Error("overloaded"));
    roll(good, 10_000);
    world.bundles.delete(manifestKey(PROJECT, good.build));
    await get("/", someone(1));
    await settle();
    world.meters.tell = async () => {};
    await get("/", someone(2));
    expect((await settle())[0]?.integrityFailures).toHaveLength(1);
  });
});

it("a batch whose request was cut is taken over by a later one", async () => {
  roll(good, 10_000);
  const startTimer = world.clock.startTimer.bind(world.clock);
  world.clock.startTimer = () => () => {};
  await get("/", someone(1));
  world.clock.startTimer = startTimer;
  await world.clock.advance(3_000);
  await get("/", someone(2));
  expect((await settle())[0]?.visitors).toHaveLength(2);
});

describe("a flood", () => {
  /** Straight into the collector: thousands of requests through the whole router would only take longer. */
  async function flood(count: number, status: number): Promise<TrafficBatch> {
    const told: TrafficBatch[] = [];
    const { bundles, clock } = world;
    const visitors = { ...world.visitors, networkHash: async () => 7 };
    const reports: string[] = [];
    const traffic = createTraffic(async (_project, _rollout, batch) => void told.push(batch), {
      clock,
      bundles,
      visitors,
      keepAlive: (work) => void world.background.push(work),
      report: (event, { count }) => void reports.push(`${event} ${count}`),
      references: createBrokenReferences(bundles),
    });
    const common = { project: PROJECT, rollout: ROLLOUT, weightBps: WEIGHT, arm: "canary", probe: null } as const;
    const builds = { canaryBuild: good.build, ownBuild: good.build, otherBuild: live.build };
    const visit = { method: "GET", url: new URL(SHOP), headers: new Headers(), acceptEncoding: null };
    for (let n = 0; n < count; n++) {
      const trail = { ...startTrail(), watched: { ...common, ...builds, visitor: `visitor ${n}` } };
      traffic.note(visit, trail, { status, failure: null });
    }
    await settle();
    expect(reports).toEqual([`traffic.dropped ${count - (status === 200 ? MAX_BATCH_VISITORS : MAX_BATCH_ERRORS)}`]);
    const [batch, ...more] = told;
    expect(more).toEqual([]);
    return TrafficBatch.parse(batch);
  }

  it("of visitors does not fill the memory: what is over is dropped, and said", async () => {
    expect((await flood(MAX_BATCH_VISITORS + 100, 200)).visitors).toHaveLength(MAX_BATCH_VISITORS);
  });

  it("of errors neither", async () => {
    expect((await flood(MAX_BATCH_ERRORS + 50, 503)).events).toHaveLength(MAX_BATCH_ERRORS);
  });
});
