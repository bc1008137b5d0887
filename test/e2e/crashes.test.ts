/** What is killed goes on: builders in mid-build, the whole world. The live version always answers. */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, createDeployment, deployFiles, readDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { freePort } from "../support/free-port.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { send } from "../support/http.ts";
import { startLocalWorld } from "../support/local-world.ts";
import { makeWorldFolder } from "../support/world-folder.ts";

let world: FullWorld;

beforeAll(async () => {
  world = await startFullWorld();
});
afterAll(() => world.close());

async function createProject(slug: string): Promise<string> {
  return JSON.parse((await callApi(world, "POST", "/projects", { slug })).text).id;
}

/** A plain app whose build waits, so that there is time to kill it. */
function slowApp(pageText: string): Record<string, string> {
  const app = plainApp(pageText);
  return { ...app, "build.mjs": `await new Promise((done) => setTimeout(done, 2_500));\n${app["build.mjs"]}` };
}

async function shownBy(label: string): Promise<string> {
  return (await world.app(label, "/mark.txt")).text;
}

async function reaches(deployment: Deployment, phase: string): Promise<void> {
  await expect
    .poll(async () => (await readDeployment(world, deployment)).phase, { timeout: 30_000, interval: 50 })
    .toBe(phase);
}

describe("a builder that is killed in mid-build", () => {
  it("and started again still ends in a live site", async () => {
    await createProject("phoenix");
    const source = await sendSource(world, "phoenix", slowApp("risen"));
    const deployment = await createDeployment(world, "phoenix", { source });
    await reaches(deployment, "build");
    await world.killBuilder();
    await sleep(1_000);
    await world.startBuilder();
    const done = await settled(world, deployment);
    expect(done).toMatchObject({ status: "live", failure: null });
    expect(await shownBy("phoenix")).toBe("risen");
  });

  it("or asked to stop, however often, ends in a live site", async () => {
    const source = await sendSource(world, "phoenix", slowApp("stopped"));
    const deployment = await createDeployment(world, "phoenix", { source });
    for (let stop = 1; stop <= 3; stop += 1) {
      await reaches(deployment, "build");
      await world.stopBuilder();
      await world.startBuilder();
      await expect
        .poll(async () => (await readDeployment(world, deployment)).phase, { timeout: 30_000, interval: 20 })
        .not.toBe("build");
    }
    expect(await settled(world, deployment)).toMatchObject({ status: "live", failure: null });
    expect(await shownBy("phoenix")).toBe("stopped");
  });

  it("twice is `builder_lost`, and the live version answers on", async () => {
    const source = await sendSource(world, "phoenix", slowApp("never"));
    const deployment = await createDeployment(world, "phoenix", { source });
    for (let loss = 1; loss <= 2; loss += 1) {
      await reaches(deployment, "build");
      await world.killBuilder();
      await world.startBuilder();
      if (loss === 1)
        await expect
          .poll(async () => (await readDeployment(world, deployment)).phase, { timeout: 30_000, interval: 20 })
          .not.toBe("build");
    }
    expect(await settled(world, deployment)).toMatchObject({ status: "failed", failure: { reason: "builder_lost" } });
    expect(await shownBy("phoenix")).toBe("stopped");
  });
});

describe("the whole world killed in mid-build", () => {
  it("goes on where it was after a restart, and has kept everything that it acknowledged", async () => {
    const folder = makeWorldFolder();
    const port = await freePort();
    if (port === null) throw new Error("no port of loopback is free");
    let local = await startLocalWorld({ folder, port });
    try {
      await callApi(local, "POST", "/projects", { slug: "lazarus" });
      const first = await deployFiles(local, "lazarus", plainApp("before"));
      expect(first.status).toBe("live");
      const source = await sendSource(local, "lazarus", slowApp("after"));
      const second = await createDeployment(local, "lazarus", { source });
      await expect
        .poll(async () => (await readDeployment(local, second)).phase, { timeout: 30_000, interval: 50 })
        .toBe("build");
      await local.kill();
      local = await startLocalWorld({ folder, port });
      const mark = await send(local.origin, "lazarus.apps.localhost", "/mark.txt");
      expect([mark.status, mark.text]).toEqual([200, "before"]);
      expect(await settled(local, second)).toMatchObject({ status: "live", failure: null });
      await expect
        .poll(async () => (await send(local.origin, "lazarus.apps.localhost", "/mark.txt")).text, { timeout: 3_000 })
        .toBe("after");
    } finally {
      await local.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("deployments that wait", () => {
  it("one build at a time; of those waiting the newest wins", async () => {
    await createProject("queue");
    const source = await sendSource(world, "queue", slowApp("busy"));
    const [first, second, third] = [
      await createDeployment(world, "queue", { source, fresh: true }),
      await createDeployment(world, "queue", { source, fresh: true }),
      await createDeployment(world, "queue", { source, fresh: true }),
    ];
    expect((await readDeployment(world, second)).failure?.reason).toBe("replaced");
    expect((await readDeployment(world, third)).phase).toBe("queued");
    expect((await settled(world, third)).status).toBe("live");
    expect((await readDeployment(world, first)).status).toBe("superseded");
  });
});

describe("the same deploy asked for twenty times with one key", () => {
  it("is one deployment", async () => {
    await createProject("echo");
    const source = await sendSource(world, "echo", plainApp("echo"));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.api("POST", "/projects/echo/deployments", { source }, { "idempotency-key": "once" }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => JSON.parse(text).id)).size).toBe(1);
    const { deployments } = JSON.parse((await callApi(world, "GET", "/projects/echo/deployments")).text);
    expect(deployments).toHaveLength(1);
    await settled(world, deployments[0]);
  });
});
