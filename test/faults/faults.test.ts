/** Breaks real parts of the platform and judges what came of it. A bounded set of seeds; longer with `--scale` (run.ts). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../support/seeded-random.ts";
import { type BuilderWorld, startBuilderWorld } from "./builder-world.ts";
import { describeProblem, formatTable, type Row } from "./campaign.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";
import { tryHistories } from "./histories.ts";
import { readFaultSettings } from "./settings.ts";
import { tryStorageFaults } from "./storage-faults.ts";

const settings = readFaultSettings(process.env);
const rows: Row[] = [];

async function expectNothingBroken(campaign: Promise<Row>, minPoints = 1): Promise<void> {
  const row = await campaign;
  rows.push(row);
  expect(row.points).toBeGreaterThanOrEqual(minPoints);
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
    await expectNothingBroken(tryHistories(world, settings, 60));
  });
});

describe("a storage that breaks a share of its requests", () => {
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
  ])("at $percent %", async ({ percent, deploys, minPoints }) => {
    await expectNothingBroken(tryStorageFaults(world, percent, Math.ceil(deploys * settings.scale)), minPoints);
  });
});
