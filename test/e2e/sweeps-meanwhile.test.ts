/**
 * Sweeps without a grace period, one after the other, while people deploy, re-deploy old sources, promote, roll back and delete
 * channels, and objects are evicted. What is live always answers, and no deployment fails for want of bytes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, createDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { compareStorage, sweep, WITHOUT_GRACE } from "../support/sweeps.ts";

/** At least so long, and until enough was seen. */
const RUN_MS = 20_000;
const MAX_RUN_MS = 150_000;
const SLUG = "busy";
const PAGES = ["one", "two", "three", "four"];

let world: FullWorld;
let project: string;
const settledDeployments: Deployment[] = [];

beforeAll(async () => {
  world = await startFullWorld({}, WITHOUT_GRACE);
  project = JSON.parse((await callApi(world, "POST", "/projects", { slug: SLUG })).text).id;
});
afterAll(() => world.close());

/** Without a grace period a source may be swept before it is deployed: then it is sent once more, as people would. */
async function deploy(page: string, channel: string, fresh: boolean): Promise<Deployment> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const source = await sendSource(world, SLUG, plainApp(page, 5));
      const created = await createDeployment(world, SLUG, { source, channel, fresh });
      const deployment = await settled(world, created);
      settledDeployments.push(deployment);
      return deployment;
    } catch (error) {
      if (attempt === 30 || !/not committed|source_not_found|storage_busy/.test(String(error))) throw error;
    }
  }
}

/** Loads the live page and what it names, as a browser does. @returns what is wrong with them */
async function visit(): Promise<string[]> {
  const document = await world.app(SLUG, "/", { headers: { accept: "text/html", "sec-fetch-mode": "navigate" } });
  if (document.status !== 200) return [`the page answered ${document.status}`];
  const files = [...document.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
  const answers = await Promise.all([...files, "/mark.txt", "/file-0.txt"].map((path) => world.app(SLUG, path)));
  return answers.filter(({ status }) => status !== 200).map(({ status, text }) => `a file answered ${status}: ${text}`);
}

it("nothing that is needed is ever missing", async () => {
  await deploy("one", "production", false);
  const startedAt = Date.now();
  const problems: string[] = [];
  const counts = { sweeps: 0, collected: 0, removed: 0, flips: 0 };
  const isEnough = () =>
    Date.now() - startedAt > RUN_MS &&
    counts.sweeps >= 20 &&
    counts.collected >= 6 &&
    counts.removed >= 40 &&
    counts.flips >= 10;
  const lane = async (step: (n: number) => Promise<unknown>) => {
    for (let n = 0; !isEnough() && Date.now() - startedAt < MAX_RUN_MS; n += 1) await step(n);
  };
  const flip = async (path: string, body: unknown) => {
    const { status, text } = await callApi(world, "POST", `/projects/${SLUG}/channels/production/${path}`, body);
    if (status === 200) counts.flips += 1;
    else if (status !== 409 && status !== 410) problems.push(`${path} answered ${status}: ${text}`);
  };

  await Promise.all([
    lane(async () => {
      problems.push(...(await visit()));
    }),
    // What is over is old at once, so that every sweep takes what nothing speaks for.
    lane(async () => {
      await world.projectSql(
        project,
        "UPDATE deployments SET created_at = '2026-01-01T00:00:00.000Z' WHERE status IN ('superseded', 'failed')",
      );
      const { deployments, objects } = await sweep(world, SLUG);
      counts.sweeps += 1;
      counts.collected += deployments;
      counts.removed += objects;
    }),
    lane((n) => deploy(PAGES[n % PAGES.length] ?? "", "production", n % 3 === 0)),
    lane(async (n) => {
      const channel = `pr-${(n % 2) + 1}`;
      // Mostly an app that nobody else has: once its channel is deleted it goes, and then it is deployed again.
      await deploy(n % 3 === 2 ? (PAGES[n % PAGES.length] ?? "") : "seen by few", channel, n % 2 === 0);
      await callApi(world, "DELETE", `/projects/${SLUG}/channels/${channel}`);
    }),
    lane(async (n) => {
      await sleep(300);
      const target = settledDeployments[(n * 7) % settledDeployments.length];
      if (n % 3 === 0) await flip("rollback", {});
      else if (target?.channel === "production") await flip("promote", { deployment: target.id });
    }),
    lane(async () => {
      await sleep(1_500);
      await world.evictSweeper(project);
      await sleep(1_500);
      await world.evictProject(project);
    }),
  ]);

  expect(problems).toEqual([]);
  const failed = settledDeployments.filter(({ status }) => status === "failed");
  expect(failed.filter(({ failure }) => failure?.reason !== "replaced")).toEqual([]);
  expect(counts.sweeps).toBeGreaterThanOrEqual(20);
  expect(counts.collected).toBeGreaterThanOrEqual(6);
  expect(counts.removed).toBeGreaterThanOrEqual(40);
  expect(counts.flips).toBeGreaterThanOrEqual(10);

  await sweep(world, SLUG);
  await expect
    .poll(() => sweep(world, SLUG).then(() => compareStorage(world, project)))
    .toEqual({ missing: [], left: [] });
  expect(await visit()).toEqual([]);
});
