/** A store that hangs: what goes elsewhere is not delayed, and of one key no two values are under way at once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { PRODUCTION } from "../../schema/hostname.ts";
import { routeKey } from "../../schema/keys.ts";
import { callApi, createDeployment, promote, sendSource, settled } from "../support/api-deploy.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";

/** Well below the time after which a store that does not answer is given up. */
const AT_ONCE = { timeout: 5_000, interval: 50 };
/** By then the second delivery of a copy is due. */
const REPEAT_MS = 100_000;

let world: FaultWorld;

beforeAll(async () => {
  world = await startFaultWorld();
}, 60_000);
afterAll(() => world.close());

/** A project with two deployments that were live, whose copy is stored. */
async function open(slug: string): Promise<readonly [Deployment, Deployment]> {
  await callApi(world, "POST", "/projects", { slug });
  const deployments = [await deploy(slug, 1), await deploy(slug, 2)] as const;
  await expect.poll(() => copyOf(deployments[1]), AT_ONCE).toBe(deployments[1].id);
  return deployments;
}

async function deploy(slug: string, n: number): Promise<Deployment> {
  const source = await sendSource(world, slug, { "package.json": `{"n":${n}}` });
  return settled(world, await createDeployment(world, slug, { source }));
}

/** Which deployment the edge's copy names. */
async function copyOf({ project }: Deployment): Promise<string | null> {
  const text = await world.readCopy(routeKey(project, PRODUCTION));
  return text === null ? null : JSON.parse(text).live.deployment;
}

async function hung({ project }: Deployment): Promise<number> {
  return (await world.report(project)).astray;
}

describe("while KV hangs", { timeout: 60_000 }, () => {
  it("a flip is answered, and a deploy that comes meanwhile goes live", async () => {
    const [first] = await open("onward");
    await world.order({ project: first.project, copies: "hung" });
    await promote(world, first);
    await expect.poll(() => hung(first), AT_ONCE).toBe(1);
    const startedAt = performance.now();
    const third = await deploy("onward", 3);
    expect(third.status).toBe("live");
    expect(performance.now() - startedAt).toBeLessThan(AT_ONCE.timeout);
    expect(await copyOf(first)).not.toBe(first.id);
  });

  it("newer values of a key wait behind the one that hangs, and only the newest goes next", async () => {
    const [first, second] = await open("behind");
    await world.order({ project: first.project, copies: "hung" });
    for (const target of [first, second, first]) await promote(world, target);
    await deploy("behind", 3);
    await promote(world, second);
    // One put of the route, and one of the host name, which every new deployment announces.
    expect(await hung(first)).toBe(2);
    await world.order({ project: first.project });
    await world.releaseCopies({ project: first.project, first: "oldest" });
    await expect.poll(() => copyOf(first), AT_ONCE).toBe(second.id);
  });

  it("an object that dies delivers again, and a put of its earlier life does not win in the end", async () => {
    const [first, second] = await open("revenant");
    const { project } = first;
    await world.order({ project, copies: "hung" });
    await promote(world, first);
    await expect.poll(() => hung(first), AT_ONCE).toBe(1);
    await die(second);
    await promote(world, second);
    await expect.poll(() => copyOf(first), AT_ONCE).toBe(second.id);
    await world.releaseCopies({ project, first: "oldest" });
    expect(await copyOf(first)).toBe(first.id);
    await world.deliverAhead({ project, aheadMs: REPEAT_MS });
    expect(await copyOf(first)).toBe(second.id);
  });

  it("an object that died and that nobody asks is woken to deliver what was under way", async () => {
    const [first, second] = await open("sleeper");
    await world.order({ project: first.project, copies: "hung" });
    await promote(world, first);
    await expect.poll(() => hung(first), AT_ONCE).toBe(1);
    await die(second);
    await expect.poll(() => copyOf(first), { timeout: 15_000, interval: 200 }).toBe(first.id);
  });
});

/** The project's object dies of a request, before anything came of it. KV is well from then on. */
async function die(target: Deployment): Promise<void> {
  await world.order({ project: target.project, crashAt: [1] });
  await expect(promote(world, target)).rejects.toThrow("the promote was refused");
}
