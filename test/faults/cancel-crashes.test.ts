/** A cancel during which the objects die, at every step of it in turn: acknowledged or not, it ends in one cancelled deployment. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import {
  callApi,
  cancel,
  createDeployment,
  readDeployment,
  readEvents,
  readLogLines,
  sendSource,
  settled,
} from "../support/api-deploy.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";

/** More than a cancel takes: the test says so when it ever takes more. */
const MOST_STEPS = 60;
const BY = "Cancelled by development: enough";

let world: FaultWorld;
let sources = 0;

beforeAll(async () => {
  world = await startFaultWorld();
});
afterAll(() => world.close());

async function startNew(slug: string): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(world, slug, { "package.json": `{"n":${sources}}` });
  return createDeployment(world, slug, { source });
}

/** Until somebody acknowledges it: an object that dies answers with an error. */
async function insistOnCancel(deployment: Deployment): Promise<void> {
  const look = async () => (await cancel(world, deployment, { reason: "enough" })).status;
  await expect.poll(look, { timeout: 10_000, interval: 50 }).toBe(200);
}

it("at every step", { timeout: 400_000 }, async () => {
  await callApi(world, "POST", "/projects", { slug: "mortal" });
  const live = await settled(world, await startNew("mortal"));
  const { project } = live;
  const names = new Set<string>();
  let step = 1;
  for (; step <= MOST_STEPS; step += 1) {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.builder.onCall = async (call) => {
      if (call === "events") await held;
      return true;
    };
    const calls = world.builder.calls.length;
    const doomed = await startNew("mortal");
    // The run now waits for the builder, and takes no steps of its own.
    await expect.poll(() => world.builder.calls.slice(calls), { timeout: 20_000 }).toContain("events");
    await world.order({ project, crashAt: [step] });
    await insistOnCancel(doomed);
    await expect.poll(() => world.builder.has(doomed.id), { timeout: 20_000 }).toBe(false);
    const log = () => readLogLines(world, doomed);
    await expect.poll(async () => (await log()).at(-1)?.text, { timeout: 20_000 }).toBe(BY);
    const lines = await log();
    expect(lines.filter(({ text }) => text === BY)).toHaveLength(1);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    expect(await readDeployment(world, doomed)).toMatchObject({ status: "failed", failure: { reason: "cancelled" } });
    const failures = await readEvents(world, "mortal", `&type=deployment.failed&deployment=${doomed.id}`);
    expect(failures).toMatchObject([{ actor: "development", reason: "enough" }]);
    release();

    const { crashes } = await world.report(project);
    await world.order({ project });
    if (crashes.length === 0) break;
    for (const name of crashes) names.add(name);
  }
  expect(step, "steps of a cancel").toBeLessThanOrEqual(MOST_STEPS);
  expect([...names]).toEqual(
    expect.arrayContaining([
      "project before a commit",
      "build_run before a commit",
      "build_run before all is forgotten",
    ]),
  );
  world.builder.onCall = async () => true;
  expect((await settled(world, await startNew("mortal"))).status).toBe("live");
});
