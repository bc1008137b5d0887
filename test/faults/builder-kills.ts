/** The real builder is killed with all its processes at every step of a deploy; once, and again in the second attempt. */
import { plainApp } from "../support/apps.ts";
import { seededRandom } from "../support/seeded-random.ts";
import type { BuilderWorld } from "./builder-world.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import { checkEnd, checkInvariants } from "./invariants.ts";
import { choose } from "./sample.ts";
import type { FaultSettings } from "./settings.ts";
import { deployTo, endOf, observe, openSite, type Site, watch } from "./site.ts";

/** A step is a request to the storage or a call of control, before or after it was carried out, or an event on its way. */
const STEPS = ["storage before", "storage after", "call before", "call after", "event"] as const;
type Step = (typeof STEPS)[number];
type Point = { readonly step: Step; readonly number: number; readonly kills: 1 | 2 };

/** So early in both attempts that no bundle can be there. */
const FATAL: Point = { step: "event", number: 2, kills: 2 };

/** Tries the share `share` of all kill points. */
export async function tryBuilderKills(world: BuilderWorld, settings: FaultSettings, share: number): Promise<Row> {
  return measure("builder killed, once and twice", async () => {
    const site = await openSite(world.target, world.bucket, "kills");
    await deployTo(site, plainApp("before"));
    const chosen = choose(await allPoints(world, site), share * settings.scale, seededRandom(settings.seed));
    const problems: Problem[] = [];
    let killed = 0;
    for (const [index, point] of [FATAL, ...chosen].entries()) {
      const result = await tryPoint(world, site, point, `page ${index}`);
      if (result.kills > 0) killed += 1;
      problems.push(...result.problems);
      if (point === FATAL && !result.isLost)
        problems.push({
          kind: "disagree",
          where: "early, twice",
          text: "two builders died and nobody said builder_lost",
        });
    }
    return { points: killed, problems };
  });
}

/** The steps of a deploy in which nothing goes wrong. */
async function allPoints(world: BuilderWorld, site: Site): Promise<Point[]> {
  const steps = new Map<Step, number>();
  const listening = listen(world, async (step, number) => {
    steps.set(step, Math.max(number, steps.get(step) ?? 0));
  });
  await deployTo(site, plainApp("counted"));
  listening.stop();
  return STEPS.flatMap((step) =>
    Array.from({ length: steps.get(step) ?? 0 }, (_, index) => index + 1).flatMap((number) => [
      { step, number, kills: 1 } as const,
      { step, number, kills: 2 } as const,
    ]),
  );
}

async function tryPoint(
  world: BuilderWorld,
  site: Site,
  { step, number, kills }: Point,
  page: string,
): Promise<{ kills: number; isLost: boolean; problems: Problem[] }> {
  const visitors = watch(site);
  let done = 0;
  const listening = listen(world, async (atStep, atNumber) => {
    if (done === kills || atStep !== step || atNumber !== number) return;
    done += 1;
    world.storage.recount();
    world.calls.recount();
    await world.killBuilder();
  });
  const end = await endOf(deployTo(site, plainApp(page)));
  listening.stop();
  await world.builderIsBack();
  const where = `${step} ${number}, killed ${done} of ${kills} times`;
  const seen = await observe(site, await visitors.stop());
  const problems = [...checkEnd(where, end, done === 2 ? ["builder_lost"] : []), ...checkInvariants(where, seen)];
  return { kills: done, isLost: end.deployment?.failure?.reason === "builder_lost", problems };
}

/** Hears of every step from now on, numbered per kind. */
function listen(
  { storage, calls }: BuilderWorld,
  onStep: (step: Step, number: number) => Promise<void>,
): { stop(): void } {
  storage.recount();
  calls.recount();
  storage.onRequest = (number, moment) => onStep(`storage ${moment}`, number);
  calls.onCall = (number, moment) => onStep(`call ${moment}`, number);
  calls.onEvent = (number) => onStep("event", number);
  return {
    stop: () => {
      storage.onRequest = async () => {};
      calls.onCall = async () => {};
      calls.onEvent = async () => {};
    },
  };
}
