/** Uploads that break off at a chosen moment: what they stored is gone after a sweep, and what others rely on is not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { ProjectId } from "../../schema/ids.ts";
import { blobKey } from "../../schema/keys.ts";
import { callApi, createDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { type FakeBuilder, fakePage, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { digest } from "../support/samples.ts";
import { compareStorage, sweep, WITHOUT_GRACE } from "../support/sweeps.ts";

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;

beforeAll(async () => {
  const harness = await startHarnessWorld(WITHOUT_GRACE);
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
beforeEach(() => {
  builder.onCall = async () => true;
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function createProject(slug: string): Promise<ProjectId> {
  return ProjectId.parse(JSON.parse((await callApi(world, "POST", "/projects", { slug })).text).id);
}

async function start(slug: string, text: string): Promise<Deployment> {
  const source = await sendSource(world, slug, { "package.json": JSON.stringify(text) });
  return createDeployment(world, slug, { source });
}

/** What a builder has stored of its bundle when it breaks off. */
async function storePage(project: ProjectId, source: string, attempt: number): Promise<void> {
  const page = fakePage(source, attempt);
  await world.putObject(blobKey(project, digest(page)), page);
}

async function expectNothingLeft(slug: string, project: string): Promise<void> {
  await expect
    .poll(() => sweep(world, slug).then(() => compareStorage(world, project)), { timeout: 20_000, interval: 200 })
    .toEqual({ missing: [], left: [] });
}

async function shows(slug: string): Promise<string> {
  return (await world.app(slug, "/", { headers: { "x-atelier-min-rev": "1000000" } })).text;
}

describe("an upload", () => {
  it("whose builder is lost twice, each time after some blobs", async () => {
    const project = await createProject("lost");
    const live = await settled(world, await start("lost", "live"));
    let broken = "";
    builder.onCall = async (call, attempt) => {
      if (call !== "upload") return true;
      await storePage(project, broken, attempt);
      return false;
    };
    const deployment = await start("lost", "broken");
    broken = deployment.source;
    expect(await settled(world, deployment)).toMatchObject({ status: "failed", failure: { reason: "builder_lost" } });
    expect((await compareStorage(world, project)).left).toHaveLength(2);
    await expectNothingLeft("lost", project);
    expect(await shows("lost")).toBe(fakePage(live.source, 1));
  });

  it("that is cancelled, and goes on storing for a moment", async () => {
    const project = await createProject("cancelled");
    const live = await settled(world, await start("cancelled", "live"));
    let id = "";
    builder.onCall = async (call) => {
      if (call === "upload") await callApi(world, "POST", `/projects/cancelled/deployments/${id}/cancel`, {});
      return true;
    };
    const deployment = await start("cancelled", "cancelled");
    id = deployment.id;
    expect(await settled(world, deployment)).toMatchObject({ status: "failed", failure: { reason: "cancelled" } });
    await expectNothingLeft("cancelled", project);
    expect(await shows("cancelled")).toBe(fakePage(live.source, 1));
  });

  it("goes through whole although sweeps without a grace period run at each of its steps", async () => {
    const project = await createProject("swept");
    builder.onCall = async (call) => {
      await sweep(world, "swept");
      if (call === "upload") await sweep(world, "swept");
      return true;
    };
    for (const text of ["one", "two", "one", "three"]) {
      const deployment = await settled(world, await start("swept", text));
      expect(deployment).toMatchObject({ status: "live", failure: null });
      expect(await shows("swept")).toBe(fakePage(deployment.source, 1));
    }
    await expectNothingLeft("swept", project);
  });

  it("waits while one of its blobs is being deleted, and goes on after that", async () => {
    const project = await createProject("busy");
    const deployment = await start("busy", "waits");
    const key = blobKey(project, digest(fakePage(deployment.source, 1)));
    let waited = false;
    builder.onCall = async (call) => {
      // What a sweeper that died has left behind: condemned, and not deleted yet.
      if (call === "manifest" && !waited)
        await world.projectSql(project, "INSERT INTO condemned (key) VALUES (?)", key);
      if (call === "manifest" && waited) await sweep(world, "busy");
      if (call === "upload") expect(waited).toBe(true);
      waited ||= call === "manifest";
      return true;
    };
    expect(await settled(world, deployment)).toMatchObject({ status: "live", failure: null });
    expect(await world.projectSql(project, "SELECT key FROM condemned")).toEqual([]);
    expect(await shows("busy")).toBe(fakePage(deployment.source, 1));
  });
});

describe("a source", () => {
  it("of which a file is being deleted is refused for a moment, with a word on when to ask again", async () => {
    const project = await createProject("moment");
    const files = { "package.json": "{}" };
    await sendSource(world, "moment", files);
    await world.projectSql(project, "DELETE FROM blobs WHERE sha = ?", digest("{}"));
    await world.projectSql(project, "INSERT INTO condemned (key) VALUES (?)", blobKey(project, digest("{}")));
    const list = [{ path: "package.json", mode: "file", size: 2, sha256: digest("{}") }];
    const refused = await callApi(world, "POST", "/projects/moment/sources", { files: list });
    expect([refused.status, JSON.parse(refused.text).code, refused.headers["retry-after"]]).toEqual([
      503,
      "storage_busy",
      "2",
    ]);
    await sweep(world, "moment");
    await sendSource(world, "moment", files);
    expect(await compareStorage(world, project)).toMatchObject({ missing: [] });
  });
});
