/** Rollouts by API, in workerd: they go on from what is stored whatever is evicted, and a bad canary is gone within seconds. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replay } from "../../control/rollout/verdict.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { Problem } from "../../schema/contracts/problem.ts";
import {
  RolloutChange,
  RolloutDetail,
  RolloutPage,
  RolloutPreview,
  RolloutVerdicts,
} from "../../schema/contracts/rollouts.ts";
import type { TrafficBatch } from "../../schema/contracts/traffic.ts";
import { verifyPass } from "../../schema/variant-pass.ts";
import { type ApiTarget, callApi, deployFiles, readDeployment, readEvents } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";

let world: HarnessWorld;
let builder: FakeBuilder;
let target: ApiTarget;

beforeAll(async () => {
  world = await startHarnessWorld();
  builder = await startFakeBuilder(world.builderPort, world.putObject);
  target = { origin: world.origin, token: world.credentials.apiToken.token };
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

/** A project with something live, and a canary of five percent beside it. */
async function startRollout(slug: string, canary: object = {}) {
  const { id: project } = JSON.parse((await callApi(target, "POST", "/projects", { slug })).text) as { id: string };
  const settings = { canary: { stages: [5, 50, 100], observationWindowSec: 86_400, ...canary } };
  expect((await callApi(target, "PATCH", `/projects/${project}`, { settings })).status).toBe(200);
  const live = await deployFiles(target, project, plainApp(`${slug} one`));
  const candidate = await deployFiles(target, project, plainApp(`${slug} two`));
  expect([live.status, candidate.status]).toEqual(["live", "canary"]);
  const { rollouts } = RolloutPage.parse(
    JSON.parse((await callApi(target, "GET", `/projects/${project}/rollouts`)).text),
  );
  return {
    project,
    live,
    candidate,
    path: `/projects/${project}/rollouts/${rollouts[0]?.id}`,
    id: rollouts[0]?.id ?? "",
  };
}

async function read(path: string) {
  return RolloutDetail.parse(JSON.parse((await callApi(target, "GET", path)).text));
}

async function change(path: string, command: string, body: object = {}) {
  const { status, text } = await callApi(target, "POST", `${path}/${command}`, body);
  return { status, body: JSON.parse(text) };
}

async function routeOf(project: string) {
  const { text } = await callApi(target, "GET", `/projects/${project}/channels/production`);
  return (JSON.parse(text) as { route: { rev: number; live: object; canary?: { weightBps: number } } }).route;
}

/** As many visitors with errors in the canary, and beside it. */
function errors(canary: number, control: number): TrafficBatch {
  const events = Array.from({ length: canary + control }, (_, visitor) => ({
    metric: "server_errors" as const,
    visitor,
    network: visitor,
    arm: visitor < canary ? ("canary" as const) : ("control" as const),
    weightBps: 500,
  }));
  return {
    version: 1,
    visitors: events.map(({ visitor }) => visitor),
    events,
    integrityFailures: [],
    countedProbes: [],
  };
}

async function settledAs(deployment: Deployment, status: string, withinMs: number): Promise<Deployment> {
  for (const until = Date.now() + withinMs; ; await sleep(50)) {
    const now = await readDeployment(target, deployment);
    if (now.status === status || Date.now() > until) return now;
  }
}

describe("a canary", () => {
  it("whose visitors meet errors is rolled back within seconds, with a verdict that replays", async () => {
    const { project, live, candidate, path, id } = await startRollout("broken");
    expect(await read(path)).toMatchObject({ phase: "ramping", weight: 5, evidence: { canaryVisitors: 0 } });
    await world.evictProject(project);
    await world.recordTraffic(project, id, errors(17, 2));
    const failed = await settledAs(candidate, "failed", 5_000);
    expect(failed.failure).toMatchObject({ reason: "canary_regression", detail: expect.stringMatching(/^17 of 19/) });
    expect(await routeOf(project)).toMatchObject({ rev: 3, live: { deployment: live.id } });
    expect(await routeOf(project)).not.toHaveProperty("canary");
    const { verdicts } = RolloutVerdicts.parse(JSON.parse((await callApi(target, "GET", `${path}/verdicts`)).text));
    expect(verdicts.map(({ action }) => action)).toEqual(["rolled_back"]);
    expect(verdicts.map(({ verdict }) => JSON.stringify(replay(verdict)))).toEqual(
      verdicts.map(({ verdict }) => JSON.stringify(verdict)),
    );
  });

  it("whose bundle is damaged is gone without a test", async () => {
    const { project, candidate, id } = await startRollout("damaged");
    const integrityFailures = [{ path: "/index.html", problem: "damaged" as const }];
    await world.recordTraffic(project, id, { ...errors(0, 0), integrityFailures });
    expect((await settledAs(candidate, "failed", 5_000)).failure?.reason).toBe("canary_integrity");
  });

  it("that is replaced leaves its place to the newer one", async () => {
    const { project, candidate, path } = await startRollout("stale");
    const newer = await deployFiles(target, project, plainApp("stale three"));
    expect(newer.status).toBe("canary");
    expect((await readDeployment(target, candidate)).failure?.reason).toBe("replaced");
    expect(await read(path)).toMatchObject({ outcome: "replaced", weight: 0 });
    expect((await change(path, "advance")).body).toMatchObject({ code: "rollout_over" });
  });
});

describe("a rollout whose object is evicted before every step", () => {
  it("goes on from the stage that is stored, skips none, and leaves no weight behind", async () => {
    const { project, candidate, path } = await startRollout("mortal");
    const weights: (number | undefined)[] = [];
    const step = async (command: string, body: object = {}) => {
      weights.push((await routeOf(project)).canary?.weightBps);
      await world.evictProject(project);
      const { status, body: answer } = await change(path, command, body);
      expect([command, status]).toEqual([command, 200]);
      return RolloutChange.parse(answer);
    };
    expect(await step("pause", { reason: "lunch" })).toMatchObject({ changed: true });
    expect(await step("pause")).toMatchObject({ changed: false, rollout: { stage: 1 } });
    await sleep(1_500);
    expect(await read(path)).toMatchObject({ stage: 1, pausedAt: expect.any(String), stageEndsAt: null });
    expect(await step("resume")).toMatchObject({ changed: true, rollout: { pausedAt: null } });
    expect(await step("advance", { expectedStage: 1 })).toMatchObject({ rollout: { stage: 2, weight: 50 } });
    expect(await step("complete")).toMatchObject({ rollout: { phase: "baking", outcome: "completed" } });
    expect(weights).toEqual([500, 500, 500, 500, 5_000]);
    expect(await routeOf(project)).not.toHaveProperty("canary");
    expect((await readDeployment(target, candidate)).status).toBe("live");
    const types = (await readEvents(target, project))
      .map(({ type }) => type)
      .filter((type) => type.startsWith("rollout."));
    expect(types).toEqual([
      "rollout.started",
      "rollout.paused",
      "rollout.resumed",
      "rollout.advanced",
      "rollout.completed",
    ]);
  });
});

describe("what people ask of a rollout", () => {
  it("of two who advance at once one wins, and the other learns the stage", async () => {
    const { project, path, id } = await startRollout("race");
    const both = await Promise.all([1, 2].map(() => change(path, "advance", { expectedStage: 1 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const lost = Problem.parse(both.find(({ status }) => status === 409)?.body);
    expect(lost).toMatchObject({ code: "stage_conflict", rollout: { id, stage: 2 } });
    expect((await routeOf(project)).canary?.weightBps).toBe(5_000);
  });

  it("is no promote beside it, unless that aborts it", async () => {
    const { project, live, candidate, id } = await startRollout("busy");
    const rollback = `/projects/${project}/channels/production/rollback`;
    const promote = `/projects/${project}/channels/production/promote`;
    for (const [path, body] of [
      [rollback, {}],
      [promote, { deployment: candidate.id }],
    ] as const) {
      const { status, text } = await callApi(target, "POST", path, body);
      // There is no release before the first one to go back to.
      expect([status, JSON.parse(text).code]).toEqual([
        409,
        path === rollback ? "no_earlier_release" : "rollout_running",
      ]);
      if (path === promote) expect(JSON.parse(text).detail).toContain(id);
    }
    const kept = await callApi(target, "POST", promote, { deployment: live.id, abortRollout: true });
    expect(JSON.parse(kept.text)).toMatchObject({ changed: true });
    expect((await readDeployment(target, candidate)).failure?.reason).toBe("cancelled");
    expect(await routeOf(project)).not.toHaveProperty("canary");
  });

  it("may be a signed link to one side of it", async () => {
    const { project, path, id } = await startRollout("peek");
    const { status, body } = await change(path, "preview", { variant: "canary", expiresInSeconds: 60 });
    const { link, header, expiresAt } = RolloutPreview.parse(body);
    expect([status, new URL(link).searchParams.get("pass")]).toEqual([200, header.value]);
    const pass = await verifyPass(world.credentials.variantKey, header.value, Date.now());
    const facts = { kind: "preview", project, rollout: id, variant: "canary", expiresAt: Date.parse(expiresAt) };
    expect(pass).toEqual({ ok: true, value: facts });
    await change(path, "abort");
    expect((await change(path, "preview")).body).toMatchObject({ code: "rollout_over" });
  });

  it("is refused for a rollout that is not there", async () => {
    const { project } = await startRollout("lonely");
    const absent = `/projects/${project}/rollouts/rol_01a208a6-4374-7a58-b56b-6597d9c1c9db`;
    for (const [method, path] of [
      ["GET", absent],
      ["GET", `${absent}/verdicts`],
      ["POST", `${absent}/advance`],
      ["POST", `${absent}/preview`],
    ] as const) {
      const { status, text } = await callApi(target, method, path, method === "POST" ? {} : undefined);
      expect([path, status, JSON.parse(text).code]).toEqual([path, 404, "rollout_not_found"]);
    }
  });
});
