/** The real builder is killed with all its processes at every step of a deploy; once, and again in the second attempt. */
import { plainApp } from "../support/apps.ts";
import { seededRandom } from "../support/seeded-random.ts";
import type { BuilderWorld } from "./builder-world.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import { checkInvariants, type SeenDeployment } from "./invariants.ts";
import { choose } from "./sample.ts";
import type { FaultSettings } from "./settings.ts";
import { deployTo, observe, openSite, type Site, watch } from "./site.ts";

/** A step is a request to the storage or a call of control, before or after it was carried out, or an event on its way. */
const STEPS = ["storage before", "storage after", "call before", "call after", "event"] as const;
type Step = (typeof STEPS)[number];
type Point = { readonly step: Step; readonly number: number; readonly kills: 1 | 2 };

/** Tries the share `share` of all kill points. */
export async function tryBuilderKills(world: BuilderWorld, settings: FaultSettings, share: number): Promise<Row> {
  return measure("builder killed, once and twice", async () => {
    const site = await openSite(world.target, world.bucket, "kills");
    await deployTo(site, plainApp("before"));
    const points = choose(await allPoints(world, site), share * settings.scale, seededRandom(settings.seed));
    const problems: Problem[] = [];
    let killed = 0;
    let lost = 0;
    for (const [index, point] of points.entries()) {
      const result = await tryPoint(world, site, point, `page ${index}`);
      if (result.kills > 0) killed += 1;
      if (result.ended.failure?.reason === "builder_lost") lost += 1;
      problems.push(...result.problems);
    }
    const where = `of ${points.length} points`;
    if (points.some(({ kills }) => kills === 2) && lost === 0)
      problems.push({ kind: "order", where, text: "no deployment lost two builders" });
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
): Promise<{ kills: number; ended: SeenDeployment; problems: Problem[] }> {
  const visitors = watch(site);
  let done = 0;
  const listening = listen(world, async (atStep, atNumber) => {
    if (done === kills || atStep !== step || atNumber !== number) return;
    done += 1;
    world.storage.recount();
    world.calls.recount();
    await world.killBuilder();
  });
  const ended = await deployTo(site, plainApp(page));
  listening.stop();
  await world.builderIsBack();
  const where = `${step} ${number}, killed ${done} of ${kills} times`;
  const problems = checkInvariants(where, await observe(site, await visitors.stop()));
  const mayBeLost = done === 2 && ended.failure?.reason === "builder_lost";
  if (ended.status !== "live" && !mayBeLost)
    problems.push({
      kind: "stuck",
      where,
      text: `ended as ${ended.status}: ${ended.failure?.reason} ${ended.failure?.detail}`,
    });
  return { kills: done, ended, problems };
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
