/** A deployment that stands still: given up after twelve hours by the alarm of its `Project`, and not a moment before. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import {
  callApi,
  createDeployment,
  readDeployment,
  readEvents,
  readLogLines,
  sendSource,
  settled,
} from "../support/api-deploy.ts";
import { type FakeBuilder, fakePage, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";

const TWELVE_HOURS_MS = 12 * 3_600_000;

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

/** Makes its last progress `ageMs` old, and its run due to be told to go on, as it is every few minutes. */
async function age({ project, id }: Deployment, ageMs: number): Promise<void> {
  const control = world.server.getWorker("atelier-control");
  const storage = await control.getDurableObjectStorage("PROJECT", { name: project });
  const updatedAt = new Date(Date.now() - ageMs).toISOString();
  await storage.exec("UPDATE deployments SET updated_at = ? WHERE id = ?", updatedAt, id);
  await storage.exec("UPDATE outbox SET due_at = ? WHERE key = ?", Date.now(), `start/${id}`);
  // Whatever is asked for, the alarm is set to what is due next.
  await callApi(world, "POST", `/projects/${project}/channels/production/rollback`, { expectedRev: 999 });
  const isDue = async () => {
    const due = await storage.exec("SELECT key FROM outbox WHERE key = ? AND due_at <= ?", `start/${id}`, Date.now());
    return due.length > 0;
  };
  await expect.poll(isDue, { timeout: 10_000 }).toBe(false);
}

it("is given up, its run ends, and the channel goes on", async () => {
  await callApi(world, "POST", "/projects", { slug: "sloth" });
  const live = await settled(
    world,
    await createDeployment(world, "sloth", { source: await sendSource(world, "sloth", { "package.json": "1" }) }),
  );
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  builder.onCall = async (call) => {
    if (call === "uploading") await held;
    return true;
  };
  const source = await sendSource(world, "sloth", { "package.json": "2" });
  const stuck = await createDeployment(world, "sloth", { source });
  await expect.poll(async () => (await readDeployment(world, stuck)).status, { timeout: 10_000 }).toBe("uploading");
  const waiting = await createDeployment(world, "sloth", { source, fresh: true });

  await age(stuck, TWELVE_HOURS_MS - 60_000);
  expect(await readDeployment(world, stuck)).toMatchObject({ status: "uploading" });
  expect(await readDeployment(world, waiting)).toMatchObject({ phase: "queued" });

  await age(stuck, TWELVE_HOURS_MS + 1_000);
  const over = await readDeployment(world, stuck);
  expect(over).toMatchObject({ status: "failed", phase: null, failure: { reason: "upload_abandoned" } });
  expect(over.failure?.detail).toMatch(/^There was no progress since .+Z, in phase upload\.$/);
  expect((await readDeployment(world, waiting)).phase).not.toBe("queued");
  expect((await world.app("sloth", "/", { headers: { "x-atelier-min-rev": "9" } })).text).toBe(
    fakePage(live.source, 1),
  );

  release();
  builder.onCall = async () => true;
  await expect.poll(() => builder.has(stuck.id), { timeout: 10_000 }).toBe(false);
  await expect
    .poll(async () => (await readLogLines(world, stuck)).at(-1)?.text, { timeout: 10_000 })
    .toBe(over.failure?.detail);
  expect((await settled(world, waiting)).status).toBe("live");
  expect(await readDeployment(world, stuck)).toEqual(over);
  const failures = await readEvents(world, "sloth", `&type=deployment.failed`);
  expect(failures).toMatchObject([{ actor: "platform", deployment: stuck.id, data: { reason: "upload_abandoned" } }]);
});
