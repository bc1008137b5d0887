/** The objects die at every step of a deploy, a reuse, a promote, a rollback and a sweep; once, and again on the way back. */
import { openBucket } from "../support/bucket.ts";
import type { FaultyObject } from "../support/fault-orders.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { BUCKET } from "../support/world-config.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import type { FaultWorld } from "./fault-world.ts";
import { checkEnd, checkInvariants, type SeenDeployment } from "./invariants.ts";
import { choose } from "./sample.ts";
import type { FaultSettings } from "./settings.ts";
import { deployTo, endOf, observe, openSite, promoteOn, rollBackOn, type Site, sweepSite, watch } from "./site.ts";

/** Projects that are tried side by side: what dies in an alarm is called again only after two seconds. */
const LANES = 8;
/** The second death comes within so many steps of the first. */
const SOON = 8;

const SCENARIOS = ["deploy", "reuse", "promote", "rollback", "sweep"] as const;
type Scenario = (typeof SCENARIOS)[number];

type Lane = { readonly site: Site; pages: number; readonly known: SeenDeployment[] };
type Point = { readonly scenario: Scenario; readonly crashAt: readonly number[]; readonly only?: FaultyObject };

/** Tries the share `share` of all crash points, at least one of each scenario. */
export async function tryObjectCrashes(world: FaultWorld, settings: FaultSettings, share: number): Promise<Row> {
  const bucket = openBucket(world.s3Endpoint, { bucket: BUCKET, ...world.credentials.s3 });
  try {
    return await measure("objects die, once and twice", async () => {
      const random = seededRandom(settings.seed);
      const lanes = await Promise.all(
        Array.from({ length: LANES }, async (_, number) =>
          openLane(await openSite(world, bucket, `objects-${number}`)),
        ),
      );
      const points = choose(await allPoints(world, lanes), share * settings.scale, random);
      const problems: Problem[] = [];
      let died = 0;
      await Promise.all(
        lanes.map(async (lane) => {
          for (let point = points.shift(); point; point = points.shift()) {
            const result = await tryPoint(world, lane, point);
            if (result.crashes > 0) died += 1;
            problems.push(...result.problems);
          }
        }),
      );
      return { points: died, problems };
    });
  } finally {
    bucket.close();
  }
}

async function openLane(site: Site): Promise<Lane> {
  const lane: Lane = { site, pages: 0, known: [] };
  for (let n = 0; n < 3; n += 1) await run(lane, "deploy");
  return lane;
}

/** Every step that a scenario has when nothing goes wrong, for each of its objects; and pairs of them. */
async function allPoints(world: FaultWorld, [lane]: readonly Lane[]): Promise<Point[]> {
  if (!lane) return [];
  const { project } = lane.site;
  const points: Point[] = [];
  for (const scenario of SCENARIOS) {
    for (const only of ["project", "build_run", "sweeper"] as const) {
      await world.order({ project, only });
      await run(lane, scenario);
      const { steps } = await world.report(project);
      for (let step = 1; step <= steps; step += 1) {
        points.push({ scenario, only, crashAt: [step] });
        points.push({ scenario, crashAt: [step, 1 + ((step * 5) % SOON)] });
      }
    }
  }
  await world.order({ project });
  return points;
}

async function tryPoint(
  world: FaultWorld,
  lane: Lane,
  { scenario, crashAt, only }: Point,
): Promise<{ crashes: number; problems: Problem[] }> {
  const { site } = lane;
  const { project } = site;
  const visitors = watch(site);
  await world.order({ project, crashAt, ...(only && { only }) });
  const end = await endOf(run(lane, scenario));
  const { crashes } = await world.report(project);
  await world.order({ project });
  const where = `${scenario}, ${only ?? "any object"} at step ${crashAt.join(" and ")} (${crashes.join(", ")})`;
  const seen = await observe(site, await visitors.stop());
  const problems = [...checkEnd(where, end), ...checkInvariants(where, seen)];
  return { crashes: crashes.length, problems };
}

async function run(lane: Lane, scenario: Scenario): Promise<SeenDeployment | null> {
  const { site, known } = lane;
  switch (scenario) {
    case "deploy": {
      lane.pages += 1;
      const deployment = await deployTo(site, source(lane.pages));
      known.push(deployment);
      return deployment;
    }
    case "reuse":
      // Not what is live: its bundle would do as well, but nothing would be seen to change.
      return deployTo(site, source(Math.max(1, lane.pages - 1)));
    case "promote": {
      const target = known.at(-2 - (lane.pages % 2));
      if (target) await promoteOn(site, target.id);
      return null;
    }
    case "rollback":
      await rollBackOn(site);
      return null;
    case "sweep":
      await sweepSite(site);
      return null;
  }
}

function source(page: number): Record<string, string> {
  return { "package.json": JSON.stringify({ page }) };
}
