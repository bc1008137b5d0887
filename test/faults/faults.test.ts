/** Breaks real parts of the platform and judges what came of it. A bounded set of seeds; longer with `--scale` (run.ts). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeProblem, formatTable, type Row } from "./campaign.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";
import { tryHistories } from "./histories.ts";
import { readFaultSettings } from "./settings.ts";

const settings = readFaultSettings(process.env);
const rows: Row[] = [];

async function expectNothingBroken(campaign: Promise<Row>): Promise<void> {
  const row = await campaign;
  rows.push(row);
  expect(row.points).toBeGreaterThan(0);
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
