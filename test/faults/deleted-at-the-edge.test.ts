/** What visitors meet of a deleted project or channel while its object can not be asked. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, createDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";

/** The router asks an object at most once a second. */
const FRESH_MS = 1_000;
const EDGE = { timeout: 5_000, interval: 100 };

let world: FaultWorld;

beforeAll(async () => {
  world = await startFaultWorld();
}, 60_000);
afterAll(() => world.close());

/** A project with something live on a channel, whose copies are stored. */
async function publish(slug: string, channel = "production"): Promise<Deployment> {
  const { id } = JSON.parse((await callApi(world, "POST", "/projects", { slug })).text);
  const source = await sendSource(world, slug, { "package.json": `{"name":"${slug}"}` });
  const deployment = await settled(world, await createDeployment(world, slug, { source, channel }));
  expect(deployment.status).toBe("live");
  await expect.poll(() => world.copies(id, slug), EDGE).toHaveLength(2);
  return deployment;
}

/** The status, and the code of the failure if it is one. */
async function visit(label: string): Promise<(string | number | undefined)[]> {
  const { status, headers } = await world.app(label, "/");
  return status === 200 ? [status] : [status, String(headers["x-atelier-error"])];
}

describe("while the object is away", { timeout: 60_000 }, () => {
  it("a live project is served from its copy", async () => {
    const { project } = await publish("here");
    await world.order({ project, silent: true });
    expect(await visit("here")).toEqual([200]);
  });

  it("a deleted project whose copies are gone is not served by an isolate that never knew it", async () => {
    const { project } = await publish("left");
    await callApi(world, "DELETE", "/projects/left");
    await expect.poll(() => world.copies(project, "left"), EDGE).toEqual([]);
    await world.order({ project, silent: true });
    expect(await visit("left")).toEqual([503, "registry_unavailable"]);
  });

  it("a deleted project stays ended where its end was seen, and is back once the object answers", async () => {
    const { project } = await publish("seen");
    expect(await visit("seen")).toEqual([200]);
    await callApi(world, "DELETE", "/projects/seen");
    await expect.poll(() => visit("seen"), EDGE).toEqual([404, "host_unknown"]);
    await world.order({ project, silent: true });
    for (let second = 0; second < 3; second += 1) {
      await sleep(FRESH_MS);
      expect(await visit("seen")).toEqual([404, "host_unknown"]);
    }
    await callApi(world, "POST", "/projects/seen/restore", {});
    await world.order({ project });
    await expect.poll(() => visit("seen"), EDGE).toEqual([200]);
  });

  it("a project that was deleted unseen is served on by an isolate that remembers it, until the object answers", async () => {
    const { project } = await publish("memory");
    expect(await visit("memory")).toEqual([200]);
    await world.order({ project, silent: true });
    await callApi(world, "DELETE", "/projects/memory");
    await sleep(FRESH_MS);
    expect(await visit("memory")).toEqual([200]);
    await world.order({ project });
    await expect.poll(() => visit("memory"), EDGE).toEqual([404, "host_unknown"]);
  });

  it("a deleted channel stays ended where its end was seen, and its copy is gone", async () => {
    const { project } = await publish("branch", "pr-2");
    expect(await visit("branch-pr-2")).toEqual([200]);
    await callApi(world, "DELETE", "/projects/branch/channels/pr-2");
    await expect.poll(() => visit("branch-pr-2"), EDGE).toEqual([404, "nothing_deployed"]);
    await expect.poll(() => world.readCopy(`route/${project}/pr-2`), EDGE).toBeNull();
    await world.order({ project, silent: true });
    await sleep(FRESH_MS);
    expect(await visit("branch-pr-2")).toEqual([404, "nothing_deployed"]);
  });
});
