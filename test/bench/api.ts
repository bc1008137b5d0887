/**
 * Whether every route is guarded, and how fast the API is on a project with a long history. Local simulators on loopback,
 * behind the development front: the ratios mean something, the milliseconds are this machine's.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Deployment, DeploymentPage } from "../../schema/contracts/deployments.ts";
import { callApi, deployFiles, promote, sendSource } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type AuthorizationReport, runAuthorizationMatrix } from "../support/authorization-matrix.ts";
import { startFakeBuilder } from "../support/fake-builder.ts";
import { freePort } from "../support/free-port.ts";
import { startHarnessWorld } from "../support/harness-world.ts";
import { type LocalWorld, startLocalWorld } from "../support/local-world.ts";
import { makeWorldFolder } from "../support/world-folder.ts";
import type { Bench, Figure } from "./main.ts";
import { figure, median, percentile, spread } from "./statistics.ts";

const DEPLOYMENTS = 10_000;
const REQUESTS = 1_000;
const CLIENTS = 4;
const PAGE = 100;
const PAGE_PAIRS = 100;
const PROJECT = "long-history";

export const benchApi: Bench = {
  about: `Every route of the API by every role, own and foreign project; then list, get and promote by ${CLIENTS} clients side by side, on a\nproject with ${DEPLOYMENTS} deployments. Loopback, local simulators, development front included.`,
  async run(say) {
    const folder = makeWorldFolder();
    const port = await freePort();
    if (port === null) throw new Error("no port of loopback is free");
    say("starting a local world ...");
    const world = await startLocalWorld({ folder: join(folder, "world"), port });
    try {
      return [...(await benchGuard(say)), ...(await benchSpeed(world, say))];
    } finally {
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** In a world of its own, whose builder builds at once or not at all, so that every request has one right answer. */
async function benchGuard(say: (line: string) => void): Promise<Figure[]> {
  say("asking for every route as everybody ...");
  const { routes, covered, requests, wrongAccepts, wrongRefusals, findings } = await askEverything();
  for (const finding of findings) say(finding);
  return [
    { name: "routes", value: routes, unit: "" },
    { name: "routesCovered", value: covered / routes, unit: "", target: "1" },
    { name: "matrixRequests", value: requests, unit: "" },
    { name: "wrongAccepts", value: wrongAccepts, unit: "", target: "0" },
    { name: "wrongRefusals", value: wrongRefusals, unit: "", target: "0" },
  ];
}

async function askEverything(): Promise<AuthorizationReport> {
  const world = await startHarnessWorld({ controlVars: { BOOTSTRAP_SECRET: "s".repeat(32) } });
  const builder = await startFakeBuilder(world.builderPort, world.putObject);
  try {
    return await runAuthorizationMatrix({ origin: world.origin, token: world.credentials.apiToken.token }, builder);
  } finally {
    await builder.close();
    await world.close();
  }
}

async function benchSpeed(world: LocalWorld, say: (line: string) => void): Promise<Figure[]> {
  const builds = await fillProject(world, say);
  const pages = await readAllPages(world);
  say(`measuring over ${pages.length} pages ...`);
  const list = await measure(() => need(callApi(world, "GET", `/projects/${PROJECT}/deployments`), 200));
  const ids = pages.flatMap(({ deployments }) => deployments.map(({ id }) => id));
  const get = await measure((n) =>
    need(callApi(world, "GET", `/projects/${PROJECT}/deployments/${ids[(n * 7) % ids.length]}`), 200),
  );
  const flip = await measure((n) => promote(world, builds[n % builds.length] ?? builds[0]));
  return [
    ...figuresOf("list", list),
    ...figuresOf("get", get),
    ...figuresOf("promote", flip),
    // The worst of the three, under the names that stand for all.
    { name: "p99Ms", value: figure(Math.max(list.p99, get.p99, flip.p99)), unit: "ms" },
    { name: "requestsPerSecond", value: figure(Math.min(list.rate, get.rate, flip.rate)), unit: "/s" },
    ...(await measurePages(world, pages)),
  ];
}

/** Two builds to flip between, and deployments until there are enough: of those that wait for their turn the newest wins. */
async function fillProject(world: LocalWorld, say: (line: string) => void): Promise<[Deployment, Deployment]> {
  await need(callApi(world, "POST", "/projects", { slug: PROJECT }), 201);
  const first = await deployFiles(world, PROJECT, plainApp("one"));
  const second = await deployFiles(world, PROJECT, plainApp("two"));
  const source = await sendSource(world, PROJECT, plainApp("two"));
  say(`creating ${DEPLOYMENTS} deployments ...`);
  let created = 2;
  let last = second.id;
  await sideBySide(CLIENTS, async () => {
    while (created < DEPLOYMENTS) {
      created += 1;
      const answer = await need(
        callApi(world, "POST", `/projects/${PROJECT}/deployments`, { source, channel: "pr-1" }),
        202,
      );
      last = (JSON.parse(answer) as Deployment).id;
    }
  });
  // The directory has been told of all of them: the project has nothing else to do while it is measured.
  while ((await callApi(world, "GET", `/deployments/${last}`)).status !== 200) await pause(500);
  return [first, second];
}

async function readAllPages(world: LocalWorld): Promise<DeploymentPage[]> {
  const pages = [await readPage(world, null)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next) pages.push(await readPage(world, next));
  const total = pages.reduce((sum, { deployments }) => sum + deployments.length, 0);
  if (total !== DEPLOYMENTS) throw new Error(`the pages have ${total} deployments`);
  return pages;
}

/** The first page and the last full one, in turns. */
async function measurePages(world: LocalWorld, pages: readonly DeploymentPage[]): Promise<Figure[]> {
  const times = { first: [] as number[], last: [] as number[] };
  const lastCursor = pages.at(-2)?.next ?? null;
  for (let pair = 0; pair < PAGE_PAIRS; pair += 1) {
    times.first.push(await milliseconds(() => readPage(world, null)));
    times.last.push(await milliseconds(() => readPage(world, lastCursor)));
  }
  const ratios = times.last.map((last, index) => last / (times.first[index] ?? Number.NaN));
  return [
    { name: "firstPageMs", value: figure(median(times.first)), unit: "ms" },
    { name: "lastPageMs", value: figure(median(times.last)), unit: "ms" },
    { name: "pageRatio", value: figure(median(times.last) / median(times.first)), unit: "x", target: "<= 1.5" },
    { name: "pageRatioSpread", value: figure(spread(ratios)), unit: "x" },
  ];
}

async function readPage(world: LocalWorld, cursor: string | null): Promise<DeploymentPage> {
  const path = `/projects/${PROJECT}/deployments?limit=${PAGE}${cursor === null ? "" : `&cursor=${cursor}`}`;
  return DeploymentPage.parse(JSON.parse(await need(callApi(world, "GET", path), 200)));
}

type Measured = { readonly median: number; readonly p99: number; readonly rate: number };

async function measure(ask: (n: number) => Promise<unknown>): Promise<Measured> {
  const times: number[] = [];
  let asked = 0;
  const started = performance.now();
  await sideBySide(CLIENTS, async () => {
    while (asked < REQUESTS) {
      const n = asked;
      asked += 1;
      times.push(await milliseconds(() => ask(n)));
    }
  });
  const seconds = (performance.now() - started) / 1_000;
  return { median: median(times), p99: percentile(times, 0.99), rate: REQUESTS / seconds };
}

function figuresOf(name: string, { median, p99, rate }: Measured): Figure[] {
  return [
    { name: `${name}MedianMs`, value: figure(median), unit: "ms" },
    { name: `${name}P99Ms`, value: figure(p99), unit: "ms" },
    { name: `${name}RequestsPerSecond`, value: figure(rate), unit: "/s" },
  ];
}

async function sideBySide(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

async function need(asked: ReturnType<typeof callApi>, status: number): Promise<string> {
  const answer = await asked;
  if (answer.status !== status) throw new Error(`answered ${answer.status}: ${answer.text}`);
  return answer.text;
}

async function milliseconds(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
