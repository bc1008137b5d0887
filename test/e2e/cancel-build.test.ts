/** A cancel that reaches a real build: its processes end, its folder goes, its log is kept, and the next build has its place. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  callApi,
  cancel,
  createDeployment,
  deployFiles,
  readDeployment,
  readLogLines,
  sendSource,
  settled,
} from "../support/api-deploy.ts";
import { plainApp } from "../support/apps.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { processesWith } from "../support/live-processes.ts";

let world: FullWorld;

beforeAll(async () => {
  // One place: the next build can only run when the cancelled one has left.
  world = await startFullWorld({ BUILDER_MAX_JOBS: "1" });
  await callApi(world, "POST", "/projects", { slug: "breaker" });
  expect((await deployFiles(world, "breaker", plainApp("before"))).status).toBe("live");
});
afterAll(() => world.close());

async function shown(): Promise<string> {
  return (await world.app("breaker", "/mark.txt", { headers: { "x-atelier-min-rev": "1000000" } })).text;
}

it.each(["install", "build"] as const)("at step %s", async (step) => {
  const mark = `8${Math.floor(Math.random() * 1e9)}`;
  const hang = `
    import { spawn } from "node:child_process";
    console.log("here I stay");
    spawn("sleep", ["${mark}"]);
    await new Promise(() => setInterval(() => {}, 1_000));
  `;
  const scripts = step === "install" ? { postinstall: "node hang.mjs", build: "true" } : { build: "node hang.mjs" };
  const source = await sendSource(world, "breaker", {
    "package.json": JSON.stringify({ name: "breaker", private: true, scripts }),
    "hang.mjs": hang,
  });
  const before = await shown();
  const doomed = await createDeployment(world, "breaker", { source });
  await expect.poll(() => processesWith(`sleep ${mark}`), { timeout: 60_000, interval: 50 }).not.toEqual([]);
  expect((await readDeployment(world, doomed)).phase).toBe(step);
  const next = await createDeployment(world, "breaker", {
    source: await sendSource(world, "breaker", plainApp(`after ${step}`)),
  });

  const answer = await cancel(world, doomed, { reason: "it hangs" });
  expect([answer.status, JSON.parse(answer.text).failure.reason]).toEqual([200, "cancelled"]);
  expect(await shown()).toBe(before);
  await expect.poll(() => processesWith(`sleep ${mark}`), { timeout: 10_000, interval: 20 }).toEqual([]);
  const jobs = () => readdirSync(join(world.folder, "builder/jobs")).filter((name) => name.startsWith(doomed.id));
  await expect.poll(jobs, { timeout: 10_000, interval: 20 }).toEqual([]);

  const log = async () => (await readLogLines(world, doomed)).map(({ text }) => text);
  await expect.poll(async () => (await log()).at(-1), { timeout: 10_000 }).toBe("Cancelled by development: it hangs");
  if (step === "build") expect(await log()).toContain("here I stay");
  expect((await settled(world, next)).status).toBe("live");
  expect(await shown()).toBe(`after ${step}`);
});
