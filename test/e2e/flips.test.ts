/** Atomic publish, seen from a browser: whatever flips, a page and its files are of one build. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, deployFiles, promote } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { type Visit, visit } from "../support/visit.ts";

const FLIPS = 500;

let world: FullWorld;
const builds: Deployment[] = [];

beforeAll(async () => {
  world = await startFullWorld();
  await callApi(world, "POST", "/projects", { slug: "coin" });
  for (const page of ["heads", "tails", "edge"]) builds.push(await deployFiles(world, "coin", plainApp(page)));
});
afterAll(() => world.close());

it(`${FLIPS} flips are never seen half done`, async () => {
  expect(builds.map(({ status }) => status)).toEqual(["live", "live", "live"]);
  const done = new AbortController();
  const visits: Visit[] = [];
  const reader = async () => {
    while (!done.signal.aborted) visits.push(await visit((path, init) => world.app("coin", path, init)));
  };
  const readers = Promise.all([reader(), reader()]);

  let rev = builds.length;
  for (let flip = 0; flip < FLIPS; flip += 1) {
    const target = builds[flip % builds.length];
    if (!target) throw new Error("no build to flip to");
    const { route } = await promote(world, target);
    rev += 1;
    expect(route).toMatchObject({ rev, live: { deployment: target.id } });
  }
  done.abort();
  await readers;

  expect(visits.flatMap(({ problems }) => problems)).toEqual([]);
  expect(visits.length).toBeGreaterThan(50);
  expect(new Set(visits.map(({ page }) => page))).toEqual(new Set(["heads", "tails", "edge"]));

  // Whoever flipped reads his own write, past every copy.
  const last = builds[(FLIPS - 1) % builds.length];
  const own = await world.app("coin", "/", { headers: { "x-atelier-min-rev": String(rev) } });
  expect(last?.build?.startsWith(String(own.headers["x-atelier-build"]))).toBe(true);
});
