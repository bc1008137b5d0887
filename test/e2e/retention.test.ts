/** Retention on the real platform: what goes, what stays, and what is said of it. */

import type { DurableObjectNamespace } from "@cloudflare/workers-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { ProjectId } from "../../schema/ids.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { MAX_BUNDLE_FILES } from "../../schema/limits.ts";
import { encodeManifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { callApi, deployFiles, promote } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { digest } from "../support/samples.ts";
import { age, compareStorage, readPlan, sweep, WITHOUT_GRACE } from "../support/sweeps.ts";

let world: FullWorld;

beforeAll(async () => {
  world = await startFullWorld({}, WITHOUT_GRACE);
});
afterAll(() => world.close());

async function createProject(slug: string): Promise<string> {
  return JSON.parse((await callApi(world, "POST", "/projects", { slug })).text).id;
}

async function promoteRefusal(deployment: Deployment) {
  const path = `/projects/${deployment.project}/channels/${deployment.channel}/promote`;
  const { status, text } = await callApi(world, "POST", path, { deployment: deployment.id });
  return { status, code: JSON.parse(text).code };
}

describe("a project with old deployments", () => {
  let project: string;
  let first: Deployment;
  const later: Deployment[] = [];

  beforeAll(async () => {
    project = await createProject("attic");
    first = await deployFiles(world, "attic", plainApp("page 0"));
    const second = await deployFiles(world, "attic", plainApp("page 1"));
    // Fourteen more releases push the first one out of the last ten, and out of what the route record names.
    for (let n = 2; n < 16; n += 1) later.push(await deployFiles(world, "attic", plainApp(`page ${n}`)));
    later.push(second);
    await age(world, project);
  });

  it("has a plan that says why each is kept or goes, and changes nothing", async () => {
    const plan = await readPlan(world, "attic");
    const before = await world.listObjects(project);
    expect(plan.collect.map(({ deployment, reason }) => [deployment, reason])).toContainEqual([first.id, "aged"]);
    expect(plan.keep[0]).toMatchObject({ deployment: later[13]?.id, reasons: ["live", "recent_release"] });
    expect(plan.keep.length + plan.collect.length).toBe(16);
    expect(await world.listObjects(project)).toEqual(before);
  });

  it("loses them in a sweep, and nothing else", async () => {
    const plan = await readPlan(world, "attic");
    const swept = await sweep(world, "attic");
    expect(swept).toMatchObject({ deployments: plan.collect.length, blocked: null });
    expect(swept.objects).toBeGreaterThan(plan.collect.length);
    expect(await compareStorage(world, project)).toEqual({ missing: [], left: [] });
    for (const { deployment } of plan.collect) {
      const row = JSON.parse((await callApi(world, "GET", `/projects/attic/deployments/${deployment}`)).text);
      expect(row.collectedAt).not.toBeNull();
    }
    const { events } = JSON.parse((await callApi(world, "GET", "/projects/attic/events?limit=500")).text);
    const collected = events.filter(({ type }: { type: string }) => type === "deployment.collected");
    expect(collected).toHaveLength(plan.collect.length);
    expect(events.at(-1)).toMatchObject({
      type: "retention.swept",
      data: { objects: swept.objects, bytes: swept.bytes },
    });
  });

  it("refuses to promote what was collected, and promotes what was kept", async () => {
    expect(await promoteRefusal(first)).toEqual({ status: 410, code: "bundle_collected" });
    const [kept] = later.slice(10);
    if (!kept) throw new Error("nothing was deployed");
    expect((await promote(world, kept)).changed).toBe(true);
  });

  it("builds a collected source anew when it is deployed again", async () => {
    const again = await deployFiles(world, "attic", plainApp("page 0"));
    expect(again).toMatchObject({ status: "live", reused: false, build: first.build });
    expect((await world.app("attic", "/mark.txt")).text).toBe("page 0");
  });

  it("a second sweep finds nothing to remove but what came in between", async () => {
    await sweep(world, "attic");
    expect(await sweep(world, "attic")).toMatchObject({ deployments: 0, objects: 0, bytes: 0 });
    expect(await compareStorage(world, project)).toEqual({ missing: [], left: [] });
  });
});

describe("a bundle of as many files as there may be", () => {
  it("is announced, and a sweep marks and spares all of it", async () => {
    const project = await createProject("huge");
    await deployFiles(world, "huge", plainApp("small"));
    const files = Array.from({ length: MAX_BUNDLE_FILES }, (_, n) => ({
      path: RelativePath.parse(`file-${n}`),
      size: 1,
      sha256: digest(String(n)),
      type: "text/plain",
      fingerprinted: false,
    }));
    const manifest = encodeManifest({ version: 1, source: digest("source"), env: digest("{}"), files });
    const build = digest(manifest);
    await world.putObject(manifestKey(ProjectId.parse(project), build), manifest);
    await world.putObject(blobKey(ProjectId.parse(project), digest("77")), "7");
    await world.putObject(blobKey(ProjectId.parse(project), digest("garbage")), "g");
    const { PROJECT } = await world.server.getWorker<{ PROJECT: DurableObjectNamespace }>("atelier-control").getEnv();
    const object = PROJECT.get(PROJECT.idFromName(project)) as unknown as Announcer;
    const announced = await object.announceBlobs(files.map(({ sha256: sha, size }) => ({ sha, size })));
    expect(announced.stored.size).toBe(0);
    await world.projectSql(project, "UPDATE deployments SET build = ?", build);
    await sweep(world, "huge");
    const stored = await world.listObjects(project);
    expect(stored).toContain(blobKey(ProjectId.parse(project), digest("77")));
    expect(stored).not.toContain(blobKey(ProjectId.parse(project), digest("garbage")));
  });
});

/** Of a `Project`, across the test's boundary. */
type Announcer = { announceBlobs(wanted: { sha: string; size: number }[]): Promise<{ stored: Map<string, number> }> };
