/** A failed deployment that is tried again, and one that is kept for good. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Deployment } from "../../schema/contracts/deployments.ts";
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
import { type FakeBuilder, fakePage, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import type { RawResponse } from "../support/http.ts";

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;
let sources = 0;

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
beforeEach(() => {
  builder.restAt = null;
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function newProject(slug: string): Promise<void> {
  expect((await callApi(world, "POST", "/projects", { slug })).status).toBe(201);
}

async function startNew(slug: string, fields: object = {}): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(world, slug, { "package.json": `{"n":${sources}}` });
  return createDeployment(world, slug, { source, ...fields });
}

async function startFailed(slug: string, fields: object = {}): Promise<Deployment> {
  builder.restAt = "build";
  const deployment = await startNew(slug, fields);
  await cancel(world, deployment);
  builder.restAt = null;
  return readDeployment(world, deployment);
}

function retry({ project, id }: Deployment, body: object = {}, headers = {}): Promise<RawResponse> {
  return world.api("POST", `/projects/${project}/deployments/${id}/retry`, body, headers);
}

function pin({ project, id }: Deployment, pinned: unknown): Promise<RawResponse> {
  return world.api("PATCH", `/projects/${project}/deployments/${id}`, { pinned });
}

function deploymentOf(response: RawResponse, status: number): Deployment {
  expect(response.status, response.text).toBe(status);
  return Deployment.parse(JSON.parse(response.text));
}

function codeOf(response: RawResponse): [number, string] {
  return [response.status, JSON.parse(response.text).code];
}

describe("a retry", () => {
  it("is a new deployment of the same source, env, channel, message and commit", async () => {
    await newProject("twice");
    const commit = { sha: "0123456789abcdef", branch: "main", message: "Add a welcome", author: "Ada", dirty: true };
    const failed = await startFailed("twice", { channel: "pr-3", message: "the welcome", commit });
    const again = deploymentOf(await retry(failed), 202);
    const { source, env } = failed;
    expect(again).toMatchObject({ retryOf: failed.id, source, env, channel: "pr-3", message: "the welcome", commit });
    expect(again.id > failed.id).toBe(true);
    expect(again).toMatchObject({ status: "building", failure: null, createdBy: "development" });
    expect(await settled(world, again)).toMatchObject({ status: "live", retryOf: failed.id });
    expect((await world.app("twice-pr-3", "/")).text).toBe(fakePage(source, 1));
    expect(await readDeployment(world, failed)).toEqual(failed);
    const [told] = await readEvents(world, "twice", `&type=deployment.created&deployment=${again.id}`);
    expect(told).toMatchObject({ actor: "development", data: { retryOf: failed.id, source } });
  });

  it("of a retry names the retry; one that was cancelled while it waited has its log", async () => {
    await newProject("chain");
    const failed = await startFailed("chain");
    builder.restAt = "build";
    const busy = await startNew("chain");
    const waiting = deploymentOf(await retry(failed), 202);
    expect(waiting.phase).toBe("queued");
    await cancel(world, waiting, { reason: "enough" });
    await expect
      .poll(async () => (await readLogLines(world, waiting)).map(({ text }) => text), { timeout: 5_000 })
      .toEqual(["Cancelled by development: enough"]);
    builder.restAt = null;
    await settled(world, busy);
    const third = deploymentOf(await retry(waiting), 202);
    expect(third.retryOf).toBe(waiting.id);
    expect((await settled(world, third)).status).toBe("live");
  });

  it("with one key is one deployment, however often it is asked for", async () => {
    await newProject("keyed");
    const failed = await startFailed("keyed");
    const headers = { "idempotency-key": "again" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => retry(failed, {}, headers)));
    const ids = new Set(answers.map((answer) => deploymentOf(answer, 202).id));
    expect(ids.size).toBe(1);
    expect(codeOf(await retry(failed, { fresh: true }, headers))).toEqual([409, "idempotency_conflict"]);
    expect(await readEvents(world, "keyed", "&type=deployment.created")).toHaveLength(2);
  });

  it("of what has not failed, or is not there, or has no source any more, is refused", async () => {
    await newProject("refused");
    const live = await settled(world, await startNew("refused"));
    expect(codeOf(await retry(live))).toEqual([409, "not_retryable"]);
    const stranger = { ...live, id: "dpl_01a208a6-4374-7a58-b56b-6597d9c1c9db" as Deployment["id"] };
    expect(codeOf(await retry(stranger))).toEqual([404, "deployment_not_found"]);
    const failed = await startFailed("refused");
    expect(codeOf(await retry(failed, { channel: "pr-1" }))).toEqual([422, "body_invalid"]);

    const control = world.server.getWorker("atelier-control");
    const storage = await control.getDurableObjectStorage("PROJECT", { name: live.project });
    await storage.exec("DELETE FROM sources WHERE sha = ?", failed.source);
    const gone = await retry(failed);
    expect(codeOf(gone)).toEqual([404, "source_not_found"]);
    expect(JSON.parse(gone.text).detail).toContain("Deploy the files again.");
    await sendSource(world, "refused", { "package.json": `{"n":${sources}}` });
    expect((await settled(world, deploymentOf(await retry(failed), 202))).status).toBe("live");
  });

  it("of another project's deployment is as if it were not there", async () => {
    await newProject("neighbour");
    const failed = await startFailed("neighbour");
    await newProject("nosy");
    for (const [method, end, body] of [
      ["POST", "/retry", {}],
      ["POST", "/cancel", {}],
      ["PATCH", "", { pinned: true }],
    ] as const) {
      const answer = await callApi(world, method, `/projects/nosy/deployments/${failed.id}${end}`, body);
      expect(codeOf(answer)).toEqual([404, "deployment_not_found"]);
    }
    expect(await readDeployment(world, failed)).toEqual(failed);
  });
});

describe("a pin", () => {
  it("is set and taken back, each told once", async () => {
    await newProject("pins");
    const live = await settled(world, await startNew("pins"));
    for (const pinned of [true, true, false, false]) {
      expect(deploymentOf(await pin(live, pinned), 200)).toEqual({ ...live, pinned });
    }
    const events = await readEvents(world, "pins", `&deployment=${live.id}`);
    const told = events.filter(({ type }) => type.includes("pinned"));
    expect(told.map(({ type, actor }) => [type, actor])).toEqual([
      ["deployment.pinned", "development"],
      ["deployment.unpinned", "development"],
    ]);
  });

  it("on a collected deployment is refused", async () => {
    await newProject("dust");
    const live = await settled(world, await startNew("dust"));
    await settled(world, await startNew("dust"));
    const control = world.server.getWorker("atelier-control");
    const storage = await control.getDurableObjectStorage("PROJECT", { name: live.project });
    const at = "2026-11-23T12:00:00.000Z";
    await storage.exec("UPDATE deployments SET collected_at = ?, whole = 0 WHERE id = ?", at, live.id);
    expect(codeOf(await pin(live, true))).toEqual([410, "bundle_collected"]);
    expect((await pin(live, false)).status).toBe(200);
    expect(codeOf(await pin(live, "yes"))).toEqual([422, "body_invalid"]);
  });

  it("needs the scope `promote`, as cancel and retry need `deploy`", async () => {
    await newProject("scoped");
    const failed = await startFailed("scoped");
    const path = `/projects/scoped/deployments/${failed.id}`;
    const tokenOf = async (scope: string) =>
      JSON.parse((await world.api("POST", "/tokens", { name: scope, scopes: [scope] })).text).secret as string;
    const reader = { ...world, token: await tokenOf("read") };
    const deployer = { ...world, token: await tokenOf("deploy") };
    for (const [target, method, end, body] of [
      [reader, "POST", "/cancel", {}],
      [reader, "POST", "/retry", {}],
      [reader, "PATCH", "", { pinned: true }],
      [deployer, "PATCH", "", { pinned: true }],
    ] as const) {
      expect(codeOf(await callApi(target, method, `${path}${end}`, body))).toEqual([403, "scope_missing"]);
    }
    expect((await callApi(deployer, "POST", `${path}/cancel`, {})).status).toBe(200);
    expect((await callApi(deployer, "POST", `${path}/retry`, {})).status).toBe(202);
  });
});
