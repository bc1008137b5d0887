/** Atomic publish, seen from a browser: whatever flips, a page and its files are of one build. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, deployFiles, promote } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";

const FLIPS = 500;

let world: FullWorld;
const builds: Deployment[] = [];

beforeAll(async () => {
  world = await startFullWorld();
  await callApi(world, "POST", "/projects", { slug: "coin" });
  for (const page of ["heads", "tails", "edge"]) builds.push(await deployFiles(world, "coin", plainApp(page)));
});
afterAll(() => world.close());

type Visit = { readonly page: string; readonly problems: readonly string[] };

/** Loads the page and then its files, as a browser does, and says what is wrong with them. */
async function visit(): Promise<Visit> {
  const document = await world.app("coin", "/", { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } });
  if (document.status !== 200) return { page: "", problems: [`the page answered ${document.status}`] };
  const page = /<h1>(.*)<\/h1>/.exec(document.text)?.[1] ?? "";
  const files = [...document.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
  const problems = await Promise.all(
    files.map(async (path) => {
      const file = await world.app("coin", path);
      if (file.status !== 200) return `${path} of "${page}" answered ${file.status}`;
      return file.text.includes(JSON.stringify(page)) ? "" : `${path} of "${page}" came from another build`;
    }),
  );
  if (files.length !== 2) return { page, problems: [`the page names ${files.length} files`] };
  return { page, problems: problems.filter((problem) => problem !== "") };
}

it(`${FLIPS} flips are never seen half done`, async () => {
  expect(builds.map(({ status }) => status)).toEqual(["live", "live", "live"]);
  const done = new AbortController();
  const visits: Visit[] = [];
  const reader = async () => {
    while (!done.signal.aborted) visits.push(await visit());
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
