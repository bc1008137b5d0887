/**
 * The deletion and the purge of a project, cut at any step, and with any call of a storage failing once. One step in eight by
 * default, others with another seed; all of them with `--scale 8`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callApi, createDeployment, sendSource, settled } from "../support/api-deploy.ts";
import type { FaultOrder, FaultReport } from "../support/fault-orders.ts";
import type { RawResponse } from "../support/http.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";
import { readFaultSettings } from "./settings.ts";

const GRACE_MS = 500;
const SIDE_BY_SIDE = 6;
const { scale, seed } = readFaultSettings(process.env);
const STRIDE = Math.max(1, Math.round(8 / scale));
/** An alarm that died is tried again after two seconds, then four. */
const PATIENCE_MS = 30_000;

let world: FaultWorld;
let projects = 0;

beforeAll(async () => {
  world = await startFaultWorld({ DELETION_GRACE_DAYS: String(GRACE_MS / 86_400_000), CHANGES_PER_MINUTE: "100000" });
}, 60_000);
afterAll(() => world.close());

type Project = { readonly id: string; readonly slug: string };

/** With something in every store. */
async function makeProject(): Promise<Project> {
  projects += 1;
  const slug = `doomed-${projects}`;
  const { id } = JSON.parse((await callApi(world, "POST", "/projects", { slug })).text);
  const source = await sendSource(world, slug, { "package.json": `{"name":"${slug}"}` });
  const deployment = await settled(world, await createDeployment(world, slug, { source, channel: "pr-1" }));
  expect(deployment.status).toBe("live");
  // The log comes last, and belongs to what has to go.
  await expect.poll(() => world.listObjects(id), { timeout: 10_000 }).toContain(`logs/${id}/${deployment.id}.ndjson`);
  await expect.poll(() => world.copies(id, slug), { timeout: 10_000 }).toHaveLength(2);
  return { id, slug };
}

/** Asks until it is answered, as a client with a key does. */
async function deleteProject({ slug }: Project): Promise<RawResponse> {
  for (;;) {
    const answer = await world.api("DELETE", `/projects/${slug}`, undefined, { "idempotency-key": "end" });
    if (answer.status < 500) return answer;
    await sleep(100);
  }
}

/** What is left of it, in words. */
async function remains({ id, slug }: Project): Promise<string[]> {
  const [objects, copies, rows, tables] = await Promise.all([
    world.listObjects(id),
    world.copies(id, slug),
    world.directorySql(
      "SELECT 'project' AS kind FROM projects WHERE id = ?1 UNION ALL SELECT 'host' FROM hostnames WHERE project = ?1 UNION ALL SELECT 'deployment' FROM deployment_index WHERE project = ?1",
      id,
    ),
    world.projectSql(id, "SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*' AND name NOT GLOB '__mini*'"),
  ]);
  return [...objects, ...copies, ...rows.map(({ kind }) => String(kind)), ...tables.map(({ name }) => String(name))];
}

/** Deletes a project under faults and waits for its end. @returns what happened to it, and what is left */
async function endUnder(faults: Omit<FaultOrder, "project">): Promise<{ report: FaultReport; left: string[] }> {
  const project = await makeProject();
  await world.order({ project: project.id, only: "project", ...faults });
  expect([200, 404]).toContain((await deleteProject(project)).status);
  const until = Date.now() + PATIENCE_MS;
  let left = await remains(project);
  while (left.length > 0 && Date.now() < until) {
    await sleep(200);
    left = await remains(project);
  }
  const report = await world.report(project.id);
  await world.order({ project: project.id });
  return { report, left };
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
}

describe("the end of a project", { timeout: 400_000 }, () => {
  let steps: number[] = [];

  it("leaves nothing without faults", async () => {
    const { report, left } = await endUnder({});
    expect(left).toEqual([]);
    expect(report.steps).toBeGreaterThan(20);
    steps = Array.from({ length: report.steps }, (_, n) => n + 1).filter((step) => step % STRIDE === seed % STRIDE);
  });

  it("leaves nothing when its object dies at any step", async () => {
    const problems: string[] = [];
    await sideBySide(steps, async (step) => {
      const { report, left } = await endUnder({ crashAt: [step] });
      if (report.crashes.length !== 1) problems.push(`step ${step}: ${report.crashes.length} deaths`);
      if (left.length > 0) problems.push(`step ${step}, ${report.crashes.join()}: ${left.join()}`);
    });
    expect(problems).toEqual([]);
  });

  it("leaves nothing when any one call of a storage fails", async () => {
    const problems: string[] = [];
    await sideBySide(steps, async (step) => {
      const { left } = await endUnder({ failAt: [step] });
      if (left.length > 0) problems.push(`step ${step}: ${left.join()}`);
    });
    expect(problems).toEqual([]);
  });

  it("waits for a KV that takes no deletes, and keeps everything until then", async () => {
    const project = await makeProject();
    await world.order({ project: project.id, copies: "refused" });
    await deleteProject(project);
    await sleep(GRACE_MS + 1_500);
    expect(await world.copies(project.id, project.slug)).toHaveLength(2);
    expect((await world.listObjects(project.id)).length).toBeGreaterThan(3);
    await world.order({ project: project.id });
    await expect.poll(() => remains(project), { timeout: PATIENCE_MS, interval: 200 }).toEqual([]);
  });
});
