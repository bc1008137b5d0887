/** What broken deploys leave in storage is gone after a sweep, and only that. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { Digest } from "../../schema/digest.ts";
import { ProjectId } from "../../schema/ids.ts";
import { blobKey } from "../../schema/keys.ts";
import { callApi, createDeployment, deployFiles, sendSource, settled } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { compareStorage, sweep, WITHOUT_GRACE } from "../support/sweeps.ts";

/** Enough files that there is a moment in which some are stored and others not. */
const FILES = 1_000;

let world: FullWorld;

beforeAll(async () => {
  world = await startFullWorld({}, WITHOUT_GRACE);
});
afterAll(() => world.close());

async function createProject(slug: string): Promise<string> {
  return JSON.parse((await callApi(world, "POST", "/projects", { slug })).text).id;
}

/** Starts a deploy of many files, and does something once the first of its bundle are stored. */
async function deployAnd(slug: string, page: string, midUpload: (deployment: Deployment) => Promise<unknown>) {
  const source = await sendSource(world, slug, plainApp(page, FILES));
  const deployment = await createDeployment(world, slug, { source });
  const before = (await world.listObjects(deployment.project)).length;
  let stored = before;
  await expect
    .poll(
      async () => {
        stored = (await world.listObjects(deployment.project)).length;
        return stored;
      },
      { timeout: 60_000, interval: 20 },
    )
    .toBeGreaterThan(before);
  await midUpload(deployment);
  return { deployment: await settled(world, deployment), storedMidUpload: stored - before };
}

/** What runs to its end in the background, like the stop of a builder, may still write a moment longer. */
async function expectNothingLeft(slug: string, project: string): Promise<void> {
  await expect
    .poll(() => sweep(world, slug).then(() => compareStorage(world, project)), { timeout: 20_000, interval: 500 })
    .toEqual({ missing: [], left: [] });
}

describe("after a sweep nothing is left of", () => {
  it("a deploy whose builder was killed while it stored the bundle", async () => {
    const project = await createProject("killed");
    await deployFiles(world, "killed", plainApp("live"));
    const { deployment, storedMidUpload } = await deployAnd("killed", "again", async () => {
      await world.killBuilder();
      await world.startBuilder();
    });
    expect(storedMidUpload).toBeLessThan(FILES);
    // The second attempt brought it to its end.
    expect(deployment).toMatchObject({ status: "live", failure: null });
    await expectNothingLeft("killed", project);
    expect((await world.app("killed", "/mark.txt")).text).toBe("again");
  });

  it("a deploy whose bytes were damaged in storage, and then the same deploy goes live", async () => {
    const project = await createProject("damaged");
    const page = "damaged";
    const sha = Digest.parse(createHash("sha256").update(page).digest("hex"));
    const files = { ...plainApp(page), "page.txt": page };
    // The build writes the page as mark.txt. Its source has the same blob, so another file of the build is damaged: app-*.css.
    const style = Digest.parse(
      createHash("sha256")
        .update(`body::after { content: ${JSON.stringify(page)}; }`)
        .digest("hex"),
    );
    expect(style).not.toBe(sha);
    await world.putObject(blobKey(ProjectId.parse(project), style), "damaged bytes");
    const broken = await deployFiles(world, "damaged", files);
    expect(broken).toMatchObject({ status: "failed", failure: { reason: "verification_failed" } });
    await expectNothingLeft("damaged", project);
    expect((await deployFiles(world, "damaged", files)).status).toBe("live");
    await expectNothingLeft("damaged", project);
  });

  it("a source that was sent and never deployed, blobs that no source names, keys of an unknown build", async () => {
    const project = await createProject("litter");
    await deployFiles(world, "litter", plainApp("live"));
    await sendSource(world, "litter", { "package.json": "{}", "never.txt": "deployed" });
    const sha = "ab".repeat(32);
    await world.putObject(`blobs/${project}/${sha}`, "x");
    await world.putObject(`bundles/${project}/${sha}/manifest.json`, "x");
    await world.putObject(`sources/${project}/${sha}.json`, "x");
    await world.putObject(`logs/${project}/dpl_01a208a6-4374-7a58-b56b-000000000001.ndjson`, "x");
    expect((await compareStorage(world, project)).left.length).toBeGreaterThanOrEqual(4);
    await expectNothingLeft("litter", project);
    expect((await world.app("litter", "/mark.txt")).text).toBe("live");
  });

  it("a deleted preview channel", async () => {
    const project = await createProject("preview");
    await deployFiles(world, "preview", plainApp("live"));
    const preview = await deployFiles(world, "preview", plainApp("seen by few", 20), { channel: "pr-7" });
    await callApi(world, "DELETE", "/projects/preview/channels/pr-7");
    const before = (await world.listObjects(project)).length;
    await expectNothingLeft("preview", project);
    expect(before - (await world.listObjects(project)).length).toBeGreaterThan(20);
    const { collectedAt } = JSON.parse(
      (await callApi(world, "GET", `/projects/preview/deployments/${preview.id}`)).text,
    );
    expect(collectedAt).not.toBeNull();
    expect((await world.app("preview-pr-7", "/mark.txt")).status).toBe(404);
    expect((await world.app("preview", "/mark.txt")).text).toBe("live");
  });

  it("not even a log of what was collected", async () => {
    const project = await createProject("logless");
    const preview = await deployFiles(world, "logless", plainApp("seen by few"), { channel: "pr-7" });
    const log = `logs/${project}/${preview.id}.ndjson`;
    await expect.poll(() => world.listObjects(project), { timeout: 20_000 }).toContain(log);
    await callApi(world, "DELETE", "/projects/logless/channels/pr-7");
    await sweep(world, "logless");
    expect(await world.listObjects(project)).toEqual([]);
  });
});
