import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Postgres, postgresMissing, startPostgres } from "../support/postgres.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { runMigrationRound } from "./migration-rounds.ts";
import { readFaultSettings } from "./settings.ts";

const { scale, seed } = readFaultSettings(process.env);

describe.skipIf(postgresMissing !== null)("eight builders on one database, killed in the middle of DDL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it("apply every file exactly once", async () => {
    const random = seededRandom(seed);
    let kills = 0;
    for (let round = 0; round < Math.max(1, Math.round(3 * scale)); round++) {
      const { kills: ofRound, ...found } = await runMigrationRound(postgres, random);
      expect(found).toEqual({ doubleApplied: 0, halfApplied: 0 });
      kills += ofRound;
    }
    expect(kills).toBeGreaterThan(0);
  });
});
