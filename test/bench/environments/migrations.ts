/** Rounds of eight builders that bring one real PostgreSQL up to date while most of them are killed with -9. */
import { runMigrationRound } from "../../faults/migration-rounds.ts";
import { startPostgres } from "../../support/postgres.ts";
import type { Random } from "../../support/seeded-random.ts";
import type { Figure } from "../main.ts";

const ROUNDS = 100;

export async function measureMigrations(say: (line: string) => void, random: Random): Promise<Figure[]> {
  const postgres = await startPostgres();
  try {
    let [kills, doubleApplied, halfApplied] = [0, 0, 0];
    for (let round = 1; round <= ROUNDS; round++) {
      const found = await runMigrationRound(postgres, random);
      kills += found.kills;
      doubleApplied += found.doubleApplied;
      halfApplied += found.halfApplied;
      if (round % 10 === 0) say(`${round} rounds of migrations, ${kills} kills ...`);
    }
    return [
      { name: "migrationRounds", value: ROUNDS, unit: "", target: ">= 100" },
      { name: "migrationKills", value: kills, unit: "" },
      { name: "doubleApplied", value: doubleApplied, unit: "", target: "0" },
      { name: "halfApplied", value: halfApplied, unit: "", target: "0" },
    ];
  } finally {
    await postgres.stop();
  }
}
