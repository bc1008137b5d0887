/**
 * Rollouts in workerd, from what visitors meet to what becomes of the canary: router, meter, judge and route record as they
 * are, under load. Whole rollouts, which take as long as their windows, are in test/faults.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { DurableObjectNamespace } from "@cloudflare/workers-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrafficBatch, TrafficTotals } from "../../schema/contracts/traffic.ts";
import { ProjectId } from "../../schema/ids.ts";
import { blobKey, trafficMeterName } from "../../schema/keys.ts";
import { signPass } from "../../schema/variant-pass.ts";
import { startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import {
  createAppShelf,
  keepVisiting,
  openRolloutSite,
  pageApp,
  type RolloutSite,
  type SiteWorld,
  visitorOf,
} from "../support/rollout-site.ts";
import { digest, ROLLOUT } from "../support/samples.ts";

/** Half of all, so that a few seconds bring enough visitors; the first window outlasts the tests. */
const CANARY = { stages: [50, 100], observationWindowSec: 60, minVisitors: 1 };
/** A look a second, and as long for an isolate's memory of the route; and what a busy machine takes for it. */
const BACK_WITHIN_MS = 2_000;
const FIRST = pageApp("First");

let world: HarnessWorld & SiteWorld;
let close: () => Promise<void>;
const shelf = createAppShelf();

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  const builder = await startFakeBuilder(world.builderPort, world.putObject, shelf.makeFiles);
  close = async () => {
    await builder.close();
    await world.close();
  };
}, 60_000);
afterAll(() => close());

/** A site whose first version is live. */
async function openSite(slug: string): Promise<RolloutSite> {
  const site = await openRolloutSite(world, shelf, slug, CANARY);
  await site.reaches(await site.start(FIRST), "live");
  return site;
}

type Meter = {
  read(): Promise<TrafficTotals>;
  record(batch: TrafficBatch): Promise<void>;
  forget(): Promise<void>;
};

async function meterOf(name: string): Promise<Meter> {
  const control = world.server.getWorker<{ TRAFFIC_METER: DurableObjectNamespace }>("atelier-control");
  const { TRAFFIC_METER: meters } = await control.getEnv();
  return meters.get(meters.idFromName(name)) as unknown as Meter;
}

async function rolloutOf(site: RolloutSite): Promise<string> {
  const [event] = await site.events("&type=rollout.started");
  return String(event?.data.rollout);
}

async function totalsOf(site: RolloutSite): Promise<TrafficTotals> {
  return (await meterOf(`${site.id}/${await rolloutOf(site)}`)).read();
}

/** Everybody has the previous version again, and that soon. */
async function expectBack(site: RolloutSite, canaryBuild: string): Promise<void> {
  const [verdict] = await site.events("&type=rollout.rolled_back");
  const rolledBackAt = Date.parse(verdict?.at ?? "");
  await sleep(Math.max(0, rolledBackAt + BACK_WITHIN_MS - Date.now()));
  const visits = await Promise.all(Array.from({ length: 40 }, (_, n) => site.visit(visitorOf(50_000 + n))));
  expect(visits.flat().filter((status) => status !== 200)).toEqual([]);
  const late = site.seen.filter(({ at, path }) => path === "/" && at > rolledBackAt + BACK_WITHIN_MS);
  expect(late.length).toBeGreaterThanOrEqual(40);
  expect(late.filter(({ build, variant }) => build === canaryBuild.slice(0, 12) || variant !== null)).toEqual([]);
}

describe.concurrent("a canary", { timeout: 120_000 }, () => {
  it("whose page names a file that its build does not have is rolled back, with its reason", async () => {
    const site = await openSite("names-missing");
    const canary = await site.reaches(await site.start(pageApp("Second", ["assets/gone-0a1b2c3d.js"])), "canary");
    const visitors = keepVisiting(site);
    const failed = await site.reaches(canary, "failed");
    await expectBack(site, canary.build ?? "");
    expect((await visitors.stop()).problems).toEqual([]);
    expect(failed.failure?.reason).toBe("canary_regression");
    expect(failed.failure?.detail).toMatch(/\d+ of \d+ visitors with errors were in the 50 % canary; odds/);
  });

  it("whose blobs are corrupt is rolled back at once", async () => {
    const site = await openSite("corrupt-blobs");
    const files = pageApp("Second");
    const canary = await site.reaches(await site.start(files), "canary");
    for (const text of Object.values(files)) {
      const damaged = text.replace(/^./, "#");
      await world.putObject(blobKey(ProjectId.parse(site.id), digest(text)), damaged);
    }
    const visitors = keepVisiting(site);
    const failed = await site.reaches(canary, "failed");
    await expectBack(site, canary.build ?? "");
    expect((await visitors.stop()).problems).toEqual([]);
    expect(failed.failure?.detail).toContain("index.html of the canary's bundle is damaged in storage");
    // Nobody was ever given the wrong bytes.
    expect(site.seen.some(({ status }) => status === 502)).toBe(true);
  });

  it("is replaced by a newer deployment, for which visitors are drawn anew", async () => {
    const site = await openSite("replaced");
    const older = await site.reaches(await site.start(pageApp("Second")), "canary");
    const newer = await site.reaches(await site.start(pageApp("Third")), "canary");
    const replaced = await site.reaches(older, "failed");
    expect(replaced.failure?.reason).toBe("replaced");
    await sleep(1_100);
    await Promise.all(Array.from({ length: 30 }, (_, n) => site.visit(visitorOf(n))));
    const builds = new Set(site.seen.map(({ build }) => build));
    expect(builds.has((newer.build ?? "").slice(0, 12))).toBe(true);
    expect(builds.has((older.build ?? "").slice(0, 12))).toBe(false);
  });

  it("that is good stays, whatever clients do that want it gone", async ({ expect }) => {
    const site = await openSite("hostile");
    const canary = await site.reaches(await site.start(pageApp("Second")), "canary");
    const referer = "http://hostile.apps.localhost/";
    const bot = (n: number) => visitorOf(n, "203.0.113.7");
    const forged = (n: number) => ({
      cookie: `__Host-atelier-visitor=${String(n).padStart(32, "0")}.${"0".repeat(32)}`,
    });
    const loop = async () => {
      for (let n = 0; n < 80; n++) await site.fetchAs(visitorOf(1), "/assets/broken-0a1b2c3d.js", { referer });
    };
    const crowd = async (first: number, cookies: (n: number) => Record<string, string>) => {
      for (let n = first; n < first + 120; n++) {
        await site.fetchAs(bot(n), `/assets/made-up-${String(n).padStart(8, "0")}.js`, { referer, ...cookies(n) });
      }
    };
    await Promise.all([loop(), crowd(0, () => ({})), crowd(1_000, () => ({})), crowd(2_000, forged)]);
    for (let n = 0; n < 20; n++) await site.visit(visitorOf(n));
    // Half of some 380 are there, which shows that all this was seen.
    await expect.poll(async () => (await totalsOf(site)).canaryVisitors, { timeout: 10_000 }).toBeGreaterThan(140);
    // What else was met is told with them, or a second later.
    await sleep(1_500);
    const totals = await totalsOf(site);
    expect(totals.metrics).toEqual([]);
    expect(totals.integrityFailures).toEqual([]);
    expect(await site.status(canary)).toBe("canary");
  });

  it("is counted by a meter that loses nothing when it is evicted, and counts nobody twice", async () => {
    const site = await openSite("evicted-meter");
    await site.reaches(await site.start(pageApp("Second", ["assets/gone-0a1b2c3d.js"])), "canary");
    const name = `${site.id}/${await rolloutOf(site)}`;
    const control = world.server.getWorker<Record<string, unknown>>("atelier-control");
    // Too few for a verdict.
    const inCanary: number[] = [];
    for (let n = 0; inCanary.length < 2; n++) {
      const page = await site.fetchAs(visitorOf(n), "/");
      if (page.headers["x-atelier-variant"] === "canary") inCanary.push(n);
    }
    const err = () => Promise.all(inCanary.map((n) => site.fetchAs(visitorOf(n), "/assets/gone-0a1b2c3d.js")));
    await err();
    // Told after one second, its count of visitors stored after another; and a busy machine takes its time.
    await sleep(4_000);
    await control.evictDurableObject("TRAFFIC_METER", { name });
    await err();
    await sleep(1_500);
    const totals = await totalsOf(site);
    expect(totals.canaryVisitors).toBe(inCanary.length);
    expect(totals.metrics).toEqual([
      { metric: "server_errors", strata: [{ weightBps: 5_000, canary: inCanary.length, control: 0 }] },
    ]);
  });

  it("is shown to who has a pass, which is no evidence, and to nobody else by any parameter", async () => {
    const site = await openSite("previewed");
    const canary = await site.reaches(await site.start(pageApp("Second")), "canary");
    const build = (canary.build ?? "").slice(0, 12);
    const pass = await signPass(world.credentials.variantKey, {
      kind: "preview",
      project: ProjectId.parse(site.id),
      rollout: (await rolloutOf(site)) as typeof ROLLOUT,
      variant: "canary",
      expiresAt: Date.now() + 60_000,
    });
    const tester = visitorOf(1);
    const link = await site.fetchAs(tester, `/_atelier/variant?pass=${pass}`);
    expect([link.status, link.headers.location]).toEqual([303, "/"]);
    const cookie = link.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    for (const headers of [{ cookie }, { "x-atelier-variant": pass }]) {
      const page = await site.fetchAs(tester, "/", { "sec-fetch-mode": "navigate", ...headers });
      expect([page.headers["x-atelier-build"], page.headers["x-atelier-forced"]]).toEqual([build, "preview"]);
      expect(page.headers["cache-control"]).toBe("private, no-store");
    }
    expect((await site.fetchAs(tester, "/", { "x-atelier-variant": "canary" })).status).toBe(403);
    const elsewhere = await openSite("previewed-elsewhere");
    expect((await elsewhere.fetchAs(tester, "/", { "x-atelier-variant": pass })).status).toBe(403);
    await sleep(1_500);
    expect((await totalsOf(site)).canaryVisitors).toBe(0);
  });
});

describe("a meter", () => {
  const name = trafficMeterName(ProjectId.parse("prj_01990000-0000-7000-8000-0000000000aa"), ROLLOUT);
  const batch: TrafficBatch = {
    version: 1,
    visitors: [0x1000_0000, 0x6000_0000, 0xa000_0000],
    events: [{ metric: "server_errors", visitor: 1, network: 1, arm: "canary", weightBps: 500 }],
    integrityFailures: [{ path: "a.js", problem: "missing" }],
    countedProbes: [{ probe: "p1", arm: "control" }],
  };

  it("that is told twice counts once; what it is told after the end is nothing", async () => {
    const meter = await meterOf(name);
    await meter.record(batch);
    await meter.record(batch);
    expect(await meter.read()).toEqual({
      metrics: [{ metric: "server_errors", strata: [{ weightBps: 500, canary: 1, control: 0 }] }],
      canaryVisitors: 3,
      integrityFailures: [{ path: "a.js", problem: "missing" }],
      countedProbes: [{ probe: "p1", arm: "control" }],
    });
    await meter.forget();
    await meter.record(batch);
    expect(await meter.read()).toEqual({ metrics: [], canaryVisitors: 0, integrityFailures: [], countedProbes: [] });
    const control = world.server.getWorker<Record<string, unknown>>("atelier-control");
    const storage = await control.getDurableObjectStorage("TRAFFIC_METER", { name });
    const tables = "SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*' AND name NOT GLOB '__mini*'";
    expect(await storage.exec(tables)).toEqual([]);
  });
});
