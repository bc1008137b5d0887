/** KV copies that are lost, refused, late or out of order: the router never minds, and the outbox's next delivery mends them. */
import { setTimeout as sleep } from "node:timers/promises";
import { PRODUCTION } from "../../schema/hostname.ts";
import { routeKey } from "../../schema/keys.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { openBucket } from "../support/bucket.ts";
import type { Copies } from "../support/fault-orders.ts";
import { BUCKET } from "../support/world-config.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import type { FaultWorld } from "./fault-world.ts";
import { checkInvariants } from "./invariants.ts";
import type { FaultSettings } from "./settings.ts";
import { deployTo, observe, openSite, promoteOn, rollBackOn, type Site, watch } from "./site.ts";

type Fault = { readonly name: string; readonly copies: Copies; readonly first?: "oldest" | "newest" };
const FAULTS: readonly Fault[] = [
  { name: "lost", copies: "lost" },
  { name: "refused", copies: "refused" },
  { name: "late", copies: "held", first: "oldest" },
  { name: "reordered", copies: "held", first: "newest" },
];

/** By then the second delivery of every copy is due. */
const REPEAT_MS = 100_000;
const PUT_TIMEOUT_MS = 10_000;
const PAUSE_MS = 30;

type Place = {
  readonly world: FaultWorld;
  readonly site: Site;
  readonly builds: readonly string[];
  pages: number;
  promotes: number;
};

/** Points are copies that went astray. The clock of the objects is put forward: nothing else may go on meanwhile. */
export async function tryCopyFaults(world: FaultWorld, { scale }: FaultSettings, rounds: number): Promise<Row> {
  const bucket = openBucket(world.s3Endpoint, { bucket: BUCKET, ...world.credentials.s3 });
  try {
    return await measure("copies lost, refused, late, reordered", async () => {
      const site = await openSite(world, bucket, "copies");
      const builds: string[] = [];
      for (let page = 1; page <= 2; page += 1) builds.push((await deployTo(site, source(page))).id);
      const place = { world, site, builds, pages: 2, promotes: 1 };
      const problems: Problem[] = [];
      let points = 0;
      for (let round = 1; round <= Math.ceil(rounds * scale); round += 1) {
        for (const fault of FAULTS) {
          const result = await tryFault(place, fault, `${fault.name} copies, round ${round}`);
          points += result.astray;
          problems.push(...result.problems);
        }
      }
      return { points, problems };
    });
  } finally {
    bucket.close();
  }
}

async function tryFault(
  place: Place,
  { copies, first }: Fault,
  where: string,
): Promise<{ astray: number; problems: Problem[] }> {
  const { world, site } = place;
  const { project } = site;
  const visitors = watch(site);
  await world.order({ project, copies });
  for (const [count, flip] of [promoteNext, rollBackOnce, deployNext].entries()) {
    await flip(place);
    await putsOf(place, count + 1);
  }
  const { astray } = await world.report(project);
  await world.order({ project });
  if (first) {
    // One copy is stored at once; those from before arrive behind it.
    await promoteNext(place);
    await copyIs(place, await currentRev(place));
    await world.releaseCopies({ project, first });
  }
  const seen = await observe(site, await visitors.stop());
  const problems = checkInvariants(where, seen);
  const rev = seen.route?.rev ?? 0;
  const stale = await readCopy(place);
  if (copies !== "refused" && stale?.rev === rev) problems.push({ kind: "order", where, text: "no copy went astray" });
  if ((stale?.rev ?? 0) > rev) problems.push({ kind: "order", where, text: "a copy is ahead of the route" });
  await world.deliverAhead({ project, aheadMs: REPEAT_MS });
  const mended = await readCopy(place);
  if (mended?.rev !== rev || mended.live.deployment !== seen.route?.live.deployment)
    problems.push({ kind: "lost", where, text: `the copy is at revision ${mended?.rev}, the route at ${rev}` });
  return { astray, problems };
}

/** In turns, so that each changes something. */
async function promoteNext(place: Place): Promise<void> {
  place.promotes += 1;
  await promoteOn(place.site, place.builds[place.promotes % place.builds.length] ?? "");
}

async function rollBackOnce({ site }: Place): Promise<void> {
  await rollBackOn(site);
}

async function deployNext(place: Place): Promise<void> {
  place.pages += 1;
  await deployTo(place.site, source(place.pages));
}

/** Waits until the project has tried to put so many copies. */
async function putsOf({ world, site }: Place, count: number): Promise<void> {
  const deadline = Date.now() + PUT_TIMEOUT_MS;
  while ((await world.report(site.project)).astray < count) {
    if (Date.now() > deadline) throw new Error("the outbox puts no copy");
    await sleep(PAUSE_MS);
  }
}

async function copyIs(place: Place, rev: number): Promise<void> {
  const deadline = Date.now() + PUT_TIMEOUT_MS;
  while ((await readCopy(place))?.rev !== rev) {
    if (Date.now() > deadline) throw new Error("the outbox stores no copy");
    await sleep(PAUSE_MS);
  }
}

async function currentRev({ world, site }: Place): Promise<number> {
  const answer = await world.api("GET", `/projects/${site.slug}/channels/production`);
  return JSON.parse(answer.text).route.rev;
}

async function readCopy({ world, site }: Place): Promise<RouteRecord | null> {
  const text = await world.readCopy(routeKey(site.project, PRODUCTION));
  return text === null ? null : (JSON.parse(text) as RouteRecord);
}

function source(page: number): Record<string, string> {
  return { "package.json": JSON.stringify({ page }) };
}
