/** Breaks real parts of the platform and judges what came of it. A bounded set of seeds; longer with `--scale` (run.ts). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../support/seeded-random.ts";
import { tryBuilderKills } from "./builder-kills.ts";
import { type BuilderWorld, startBuilderWorld } from "./builder-world.ts";
import { describeProblem, formatTable, type Row } from "./campaign.ts";
import { tryCopyFaults } from "./copy-faults.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";
import { tryHistories } from "./histories.ts";
import { type MortalWorld, startMortalWorld } from "./mortal-world.ts";
import { tryObjectCrashes } from "./object-crashes.ts";
import { readFaultSettings } from "./settings.ts";
import { tryStorageFaults } from "./storage-faults.ts";
import { trySweeps } from "./sweeps.ts";
import { tryWorldKills } from "./world-kills.ts";

const settings = readFaultSettings(process.env);
const rows: Row[] = [];

async function expectNothingBroken(campaign: Promise<Row>, minPoints = 1): Promise<void> {
  const row = await campaign;
  rows.push(row);
  expect(row.points).toBeGreaterThanOrEqual(minPoints * Math.min(1, settings.scale));
  expect(row.problems.map(describeProblem)).toEqual([]);
}

afterAll(() => console.log(`\n${formatTable(rows)}\n`));

describe("objects that die, and copies that go astray", () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await startFaultWorld();
  });
  afterAll(() => world.close());

  it("random histories of several clients are explained by some order of their requests", async () => {
    await expectNothingBroken(tryHistories(world, settings, 50));
  });

  it("objects that die at any step go on where they were", async () => {
    await expectNothingBroken(tryObjectCrashes(world, settings, 0.12), 20);
  });

  it("copies that go astray are mended", async () => {
    await expectNothingBroken(tryCopyFaults(world, settings, 1), 12);
  });

  it("leave nothing behind that a sweep would not find", async () => {
    await expectNothingBroken(trySweeps(world, "objects died"));
  });
});

describe("a real builder between two proxies", () => {
  let world: BuilderWorld;
  beforeAll(async () => {
    world = await startBuilderWorld(seededRandom(settings.seed));
  });
  afterAll(() => world.close());

  // At 1 % a short run may meet no fault at all.
  it.each([
    { percent: 1, deploys: 3, minPoints: 0 },
    { percent: 10, deploys: 5, minPoints: 3 },
    { percent: 30, deploys: 4, minPoints: 10 },
  ])("goes on with a storage that breaks $percent % of its requests", async ({ percent, deploys, minPoints }) => {
    await expectNothingBroken(tryStorageFaults(world, percent, Math.ceil(deploys * settings.scale)), minPoints);
  });

  it("is killed at any step, and the deploy goes on or says so", async () => {
    await expectNothingBroken(tryBuilderKills(world, settings, 0.1), 5);
  });

  it("leaves nothing behind that a sweep would not find", async () => {
    await expectNothingBroken(trySweeps(world.target, "builders died"));
  });
});

describe("the whole world on this machine", () => {
  let world: MortalWorld;
  beforeAll(async () => {
    world = await startMortalWorld();
  });
  afterAll(() => world.close());

  it("is killed with -9 and goes on where it was", async () => {
    await expectNothingBroken(tryWorldKills(world, settings, 4), 4);
  });

  it("leaves nothing behind that a sweep would not find", async () => {
    await expectNothingBroken(trySweeps(world, "worlds died"));
  });
});
