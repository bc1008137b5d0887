/** The whole local world is killed at random moments of deploys, promotes and rollbacks, and started again. */
import { setTimeout as sleep } from "node:timers/promises";
import { plainApp } from "../support/apps.ts";
import { type Random, seededRandom } from "../support/seeded-random.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import { checkEnd, checkInvariants, type SeenDeployment } from "./invariants.ts";
import type { MortalWorld } from "./mortal-world.ts";
import type { FaultSettings } from "./settings.ts";
import { deployTo, endOf, observe, openSite, promoteOn, rollBackOn, type Site, watch } from "./site.ts";

type Deed = {
  readonly name: string;
  /** How long it takes when nothing goes wrong, in milliseconds: the kill comes somewhere within. */
  readonly ms: number;
  run(): Promise<SeenDeployment | null>;
};

/** Flips of a client, one after the other: a kill finds one of them under way. */
const FLIPS = 10;

export async function tryWorldKills(world: MortalWorld, { seed, scale }: FaultSettings, kills: number): Promise<Row> {
  return measure("whole world killed with -9", async () => {
    const site = await openSite(world, world.bucket, "world");
    const deeds = await learnDeeds(site);
    const random = seededRandom(seed);
    const problems: Problem[] = [];
    const points = Math.ceil(kills * scale);
    for (let point = 1; point <= points; point += 1) {
      const deed = deeds[point % deeds.length];
      if (!deed) throw new Error("nothing to do");
      problems.push(...(await tryKill(site, deed, random, world.restart)));
    }
    return { points, problems };
  });
}

async function tryKill(site: Site, deed: Deed, random: Random, restart: () => Promise<void>): Promise<Problem[]> {
  const wait = Math.floor(random() * deed.ms);
  const where = `${deed.name}, ${wait} ms in`;
  const visitors = watch(site);
  // The client goes on asking while the world is away.
  const doing = endOf(deed.run());
  await sleep(wait);
  await restart();
  const end = await doing;
  return [...checkEnd(where, end), ...checkInvariants(where, await observe(site, await visitors.stop()))];
}

/** A deploy, and a row of promotes and rollbacks between two builds; each done once to learn how long it takes. */
async function learnDeeds(site: Site): Promise<Deed[]> {
  let pages = 0;
  const deploy = () => {
    pages += 1;
    return deployTo(site, plainApp(`page ${pages}`));
  };
  const builds = [await deploy(), await deploy()];
  const flip = async () => {
    for (let count = 0; count < FLIPS; count += 1) {
      const target = builds[count % builds.length];
      if (count % 3 === 2) await rollBackOn(site);
      else if (target) await promoteOn(site, target.id);
    }
    return null;
  };
  return [
    { name: "deploy", ms: await timed(deploy), run: deploy },
    { name: "promotes and rollbacks", ms: await timed(flip), run: flip },
  ];
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
