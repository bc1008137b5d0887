/** Cancelling at every step of a deployment, against a builder that stands still there. The live version answers on. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DurableObjectNamespace } from "@cloudflare/workers-types";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Deployment } from "../../schema/contracts/deployments.ts";
import type { DeploymentPhase } from "../../schema/lifecycle.ts";
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

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;
let sources = 0;

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
beforeEach(() => {
  builder.onCall = async () => true;
  builder.restAt = null;
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function createProject(slug: string): Promise<void> {
  expect((await callApi(world, "POST", "/projects", { slug })).status).toBe(201);
}

/** Of a source that nobody deployed before. */
async function startNew(slug: string): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(world, slug, { "package.json": `{"n":${sources}}` });
  return createDeployment(world, slug, { source });
}

async function shows(slug: string): Promise<string> {
  return (await world.app(slug, "/", { headers: { "x-atelier-min-rev": "1000000" } })).text;
}

async function reaches(deployment: Deployment, phase: DeploymentPhase | "built"): Promise<void> {
  const look = async () => {
    const now = await readDeployment(world, deployment);
    return now.status === "built" ? "built" : now.phase;
  };
  await expect.poll(look, { timeout: 10_000, interval: 20 }).toBe(phase);
}

async function cancelled(deployment: Deployment, reason?: string): Promise<Deployment> {
  const answer = await cancel(world, deployment, reason === undefined ? {} : { reason });
  expect(answer.status, answer.text).toBe(200);
  return Deployment.parse(JSON.parse(answer.text));
}

/** Holds the builder's answer to a call until the returned function is called. */
function holdAt(at: string): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  builder.onCall = async (call) => {
    if (call === at) await held;
    return true;
  };
  return release;
}

async function runEnds({ id }: Deployment): Promise<void> {
  await expect.poll(() => builder.has(id), { timeout: 10_000, interval: 20 }).toBe(false);
}

async function lastLine(deployment: Deployment): Promise<string | undefined> {
  return (await readLogLines(world, deployment)).at(-1)?.text;
}

const BY = "Cancelled by development: not this one";

/** How a deployment is brought to stand still at a point, and let go again. */
const POINTS: Readonly<Record<string, { phase: DeploymentPhase | "built"; hold: () => () => void }>> = {
  "starting, before the builder answered": { phase: "starting", hold: () => holdAt("toolchain") },
  "starting, while the job is handed over": { phase: "starting", hold: () => holdAt("start") },
  stage: { phase: "stage", hold: () => restAt("stage") },
  install: { phase: "install", hold: () => restAt("install") },
  build: { phase: "build", hold: () => restAt("build") },
  collect: { phase: "collect", hold: () => restAt("collect") },
  "built, before the manifest": { phase: "built", hold: () => holdAt("manifest") },
  "built, while the upload is asked for": { phase: "built", hold: () => holdAt("upload") },
  upload: { phase: "upload", hold: () => holdAt("uploading") },
};

function restAt(step: FakeBuilder["restAt"]): () => void {
  builder.restAt = step;
  return () => {
    builder.restAt = null;
  };
}

describe.each(Object.entries(POINTS))("cancelled at %s", (name, { phase, hold }) => {
  it("it fails with who and why, what is live stays live, and the next one has its turn", async () => {
    const slug = `at-${name.replaceAll(/[^a-z]+/g, "-")}`;
    await createProject(slug);
    const live = await settled(world, await startNew(slug));
    const release = hold();
    const doomed = await startNew(slug);
    await reaches(doomed, phase);
    const next = await startNew(slug);
    expect(next.phase).toBe("queued");

    const end = await cancelled(doomed, "not this one");
    expect(end).toMatchObject({ id: doomed.id, status: "failed", phase: null });
    expect(end.failure).toMatchObject({ reason: "cancelled", detail: BY });
    expect((await readDeployment(world, next)).phase).not.toBe("queued");
    expect(await shows(slug)).toBe(fakePage(live.source, 1));

    release();
    expect(await settled(world, next)).toMatchObject({ status: "live" });
    await runEnds(doomed);
    await expect.poll(() => lastLine(doomed), { timeout: 5_000 }).toBe(BY);
    expect(await readDeployment(world, doomed)).toEqual(end);
    expect(await shows(slug)).toBe(fakePage(next.source, 1));

    const [told, ...others] = await readEvents(world, slug, `&deployment=${doomed.id}&type=deployment.failed`);
    expect(told).toMatchObject({ actor: "development", reason: "not this one", data: { reason: "cancelled" } });
    expect(others).toEqual([]);
  });
});

describe("cancelled while it waits for its turn", () => {
  it("it fails at once, the one before it goes on, and its log says by whom", async () => {
    await createProject("queued");
    builder.restAt = "build";
    const busy = await startNew("queued");
    await reaches(busy, "build");
    const waiting = await startNew("queued");
    const end = await cancelled(waiting);
    expect(end.failure).toMatchObject({ reason: "cancelled", detail: "Cancelled by development." });
    await expect.poll(() => lastLine(waiting), { timeout: 5_000 }).toBe("Cancelled by development.");
    expect((await readLogLines(world, waiting)).map(({ seq }) => seq)).toEqual([1]);
    builder.restAt = null;
    expect((await settled(world, busy)).status).toBe("live");
  });
});

/** What a run tells its `Project`. */
type RunReports = {
  markBuilt(id: string, bundle: { build: string; files: number; bytes: number; config: object }): Promise<string>;
  markUploading(id: string): Promise<void>;
  enterPhase(id: string, phase: string): Promise<void>;
  publish(id: string, verified: { build: string; blobs: number; bytes: number }): Promise<string>;
  fail(id: string, reason: string, detail: string): Promise<string>;
};

describe("a race between a cancel and a publish", () => {
  it("publish after cancel leaves the cancelled one alone; cancel after publish is refused", async () => {
    await createProject("verify");
    const live = await settled(world, await startNew("verify"));
    holdAt("toolchain");
    const control = world.server.getWorker<{ PROJECT: DurableObjectNamespace }>("atelier-control");
    const { PROJECT } = await control.getEnv();
    const object = PROJECT.get(PROJECT.idFromName(live.project)) as unknown as RunReports;
    const arrive = async () => {
      const { id } = await startNew("verify");
      const bundle = { build: live.build ?? "", files: 1, bytes: 1, config: {} };
      await object.markBuilt(id, bundle);
      await object.markUploading(id);
      await object.enterPhase(id, "verify");
      return { id, build: bundle.build };
    };
    const first = await arrive();
    const doomed = await readDeployment(world, { ...live, id: first.id });
    expect(doomed.phase).toBe("verify");
    const end = await cancelled(doomed);
    expect(await object.publish(first.id, { build: first.build, blobs: 0, bytes: 0 })).toBe("over");
    expect(await object.markBuilt(first.id, { build: first.build, files: 1, bytes: 1, config: {} })).toBe("over");
    await object.markUploading(first.id);
    await object.enterPhase(first.id, "verify");
    expect(await object.fail(first.id, "builder_lost", "late")).toBe("over");
    expect(await readDeployment(world, doomed)).toEqual(end);
    expect(await shows("verify")).toBe(fakePage(live.source, 1));

    const second = await arrive();
    expect(await object.publish(second.id, { build: second.build, blobs: 0, bytes: 0 })).toBe("live");
    const late = await cancel(world, { ...live, id: second.id });
    expect([late.status, JSON.parse(late.text).code]).toEqual([409, "not_cancellable"]);
    expect((await readDeployment(world, { ...live, id: second.id })).status).toBe("live");
  });

  it("whenever the cancel comes, the deployment is either live or cancelled, as its answer said", async () => {
    await createProject("race");
    const rounds = 20;
    const startedAt = performance.now();
    let before = await settled(world, await startNew("race"));
    const usualMs = performance.now() - startedAt;
    const outcomes = new Set<number>();
    for (let round = 0; round <= rounds; round += 1) {
      const deployment = await startNew("race");
      await sleep((round / rounds) * 2 * usualMs);
      const answer = await cancel(world, deployment);
      outcomes.add(answer.status);
      const end = await settled(world, deployment);
      if (answer.status === 200) {
        expect(end).toMatchObject({ status: "failed", failure: { reason: "cancelled" } });
      } else {
        expect(JSON.parse(answer.text).code).toBe("not_cancellable");
        expect(end.status).toBe("live");
        before = end;
      }
      expect(await shows("race")).toBe(fakePage(before.source, 1));
    }
    expect(outcomes).toEqual(new Set([200, 409]));
  });
});

describe("a cancel that is repeated", () => {
  it("answers the same deployment, and is one event", async () => {
    await createProject("again");
    builder.restAt = "build";
    const doomed = await startNew("again");
    const path = `/projects/again/deployments/${doomed.id}/cancel`;
    const headers = { "idempotency-key": "stop" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => world.api("POST", path, { reason: "enough" }, headers)),
    );
    const plain = await cancelled(doomed, "for another reason");
    // The key has its first answer, however often: it changed something. Another cancel changes nothing more.
    const first = { ...plain, changed: true };
    for (const { status, text } of answers) expect([status, JSON.parse(text)]).toEqual([200, first]);
    const late = await world.api("POST", path, {});
    expect(JSON.parse(late.text).changed).toBe(false);
    expect(await readEvents(world, "again", `&type=deployment.failed`)).toHaveLength(1);
    const other = await world.api("POST", path, { reason: "else" }, headers);
    expect(JSON.parse(other.text).code).toBe("idempotency_conflict");
  });
});
