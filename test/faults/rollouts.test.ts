/** Whole rollouts, as long as their windows: a good one through all its stages under load, and ones whose meter fails. */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProjectEvent } from "../../schema/contracts/events.ts";
import { callApi } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { freePort } from "../support/free-port.ts";
import { send } from "../support/http.ts";
import { startLocalWorld } from "../support/local-world.ts";
import {
  createAppShelf,
  keepVisiting,
  openRolloutSite,
  type RolloutSite,
  type SiteWorld,
  visitorOf,
} from "../support/rollout-site.ts";
import { APPS_DOMAIN } from "../support/world-config.ts";
import { makeWorldFolder } from "../support/world-folder.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";

/** The shortest that the contract allows. */
const WINDOW_SEC = 10;
const STAGES = [5, 25, 50, 100];
/** A stage may wait for a counted probe, and a busy machine for its turn. */
const PATIENCE_MS = 90_000;

let world: FaultWorld;
const shelf = createAppShelf();

beforeAll(async () => {
  world = await startFaultWorld();
}, 60_000);
afterAll(() => world.close());

/** A site with something live. */
async function openSite(slug: string, canary: Record<string, unknown> = {}): Promise<RolloutSite> {
  const settings = { stages: STAGES, observationWindowSec: WINDOW_SEC, minVisitors: 1, ...canary };
  const site = await openRolloutSite(world, shelf, slug, settings);
  await site.reaches(await site.start({ "package.json": slug }), "live");
  return site;
}

async function awaitEvent(site: RolloutSite, type: string, since = 0): Promise<ProjectEvent> {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(200)) {
    const event = (await site.events(`&type=${type}`)).find(({ seq }) => seq > since);
    if (event) return event;
  }
  throw new Error(`${site.slug}: no ${type}`);
}

/** The weights that the route had one after the other, in percent. */
async function weightsOf(site: RolloutSite): Promise<number[]> {
  const events = await site.events();
  return events.flatMap(({ type, data }) => {
    if (type === "rollout.started" || type === "rollout.advanced") return [Number(data.weightBps) / 100];
    return type === "rollout.completed" ? [100] : [];
  });
}

describe.concurrent("a rollout", { timeout: 240_000 }, () => {
  it("of a good deployment goes through all its stages under load, and nobody meets an error", async () => {
    const site = await openSite("good");
    const canary = await site.start({ "package.json": "good 2" });
    const visitors = keepVisiting(site);
    const { build } = await site.reaches(canary, "live", PATIENCE_MS);
    const { visitors: count, problems } = await visitors.stop();
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThan(100);
    expect(site.seen.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await weightsOf(site)).toEqual(STAGES);
    // From one stage to the next only ever after a whole window.
    const steps = (await site.events()).filter(({ type }) => /^rollout\.(?:started|advanced|completed)$/.test(type));
    const times = steps.map(({ at }) => Date.parse(at));
    const waits = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(WINDOW_SEC * 1_000);
    const [completed] = await site.events("&type=rollout.completed");
    expect(completed?.data.inconclusive).toBe(false);
    // Everybody has it, and the cookie of the rollout goes.
    await sleep(1_100);
    const page = await site.fetchAs(visitorOf(1), "/", {
      "sec-fetch-mode": "navigate",
      accept: "text/html",
      cookie: `__Host-atelier-visitor=${"0".repeat(32)}.${"0".repeat(32)}`,
    });
    expect(page.headers["x-atelier-build"]).toBe(build?.slice(0, 12));
    expect(page.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
    await awaitEvent(site, "rollout.finished");
  });

  it.each(["silent", "unreachable"] as const)(
    "whose meter is %s holds, says so, and goes on when it is back",
    async (meter) => {
      const site = await openSite(`meter-${meter}`, { stages: [50, 100] });
      await world.order({ project: site.id, meter });
      const canary = await site.start({ "package.json": `${meter} 2` });
      const visitors = keepVisiting(site, 10_000, 1);
      const held = await awaitEvent(site, "rollout.held");
      expect(held.data.hold).toBe(`meter_${meter}`);
      await sleep(3_000);
      expect(await site.status(canary)).toBe("canary");
      await world.order({ project: site.id });
      await site.reaches(canary, "live", PATIENCE_MS);
      expect((await visitors.stop()).problems).toEqual([]);
      // The visitors of all this time were served, meter or not.
      expect(site.seen.filter(({ status }) => status !== 200)).toEqual([]);
    },
  );

  it("of a good deployment is not ended by one address that loops on what no build has", async () => {
    const site = await openSite("loops", { stages: [50, 100] });
    const canary = await site.start({ "package.json": "loops 2" });
    await site.reaches(canary, "canary");
    const loops = Array.from({ length: 5 }, async (_, loop) => {
      // Of one address, as many visitors as it likes, at URLs that no build has.
      for (let n = 0; n < 400; n++) {
        const who = visitorOf(loop * 1_000 + n, "203.0.113.7");
        await site.fetchAs(who, `/assets/app-${String(n % 7).padStart(8, "0")}.js`, {
          referer: "http://loops.apps.localhost/",
        });
        await sleep(5);
      }
    });
    await Promise.all(loops);
    await site.reaches(canary, "live", PATIENCE_MS);
    expect(await site.events("&type=rollout.rolled_back")).toEqual([]);
  });

  it("that is paused stays where it is over the death of the whole world, and its pause is not taken from its window", async () => {
    const folder = makeWorldFolder();
    const port = await freePort();
    if (port === null) throw new Error("no port of loopback is free");
    let local = await startLocalWorld({ folder, port });
    try {
      const { origin, token } = local;
      const target = { origin, token };
      const app: SiteWorld["app"] = (label, path, init) => send(origin, `${label}.${APPS_DOMAIN}`, path, init);
      const canary = { stages: [50, 100], observationWindowSec: WINDOW_SEC, minVisitors: 1 };
      const site = await openRolloutSite({ ...target, app }, shelf, "paused", canary);
      await site.reaches(await site.startSource(plainApp("one")), "live", PATIENCE_MS);
      const deployment = await site.reaches(await site.startSource(plainApp("two")), "canary", PATIENCE_MS);
      const startedAt = Date.now();
      const [started] = await site.events("&type=rollout.started");
      const change = async (command: string) => {
        const path = `/projects/paused/rollouts/${String(started?.data.rollout)}/${command}`;
        const { status, text } = await callApi(target, "POST", path, {});
        expect([status, JSON.parse(text).changed], text).toEqual([200, true]);
      };
      await change("pause");
      await local.kill();
      local = await startLocalWorld({ folder, port });
      await sleep(Math.max(0, startedAt + (WINDOW_SEC + 4) * 1_000 - Date.now()));
      expect(await site.status(deployment)).toBe("canary");
      await Promise.all(Array.from({ length: 30 }, (_, n) => site.fetchAs(visitorOf(n), "/")));
      expect(new Set(site.seen.slice(-30).map(({ variant }) => variant))).toEqual(new Set(["live", "canary"]));
      await change("resume");
      const resumedAt = Date.now();
      await site.reaches(deployment, "live", PATIENCE_MS);
      expect(Date.now() - resumedAt).toBeGreaterThan((WINDOW_SEC / 2) * 1_000);
      const types = (await site.events()).map(({ type }) => type).filter((type) => type.startsWith("rollout."));
      expect(types).toHaveLength(4);
      expect(new Set(types)).toEqual(
        new Set(["rollout.started", "rollout.paused", "rollout.resumed", "rollout.completed"]),
      );
    } finally {
      await local.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
