/** Builders that migrate one database at once while most of them are killed in the middle of it. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseAddress } from "../../builder/migrate/database-url.ts";
import type { MigrationFile } from "../../builder/migrate/migration-file.ts";
import { migration } from "../support/migrations.ts";
import { type Postgres, query } from "../support/postgres.ts";
import { startGroup } from "../support/process-group.ts";
import { ROOT } from "../support/world-config.ts";

const BUILDERS = 8;
const FILES = 4;
/** About what a builder needs to start, and then to apply the files. */
const KILL_AFTER_MS = [150, 1_200] as const;
const MOST_KILLS = 24;

export type Round = { readonly kills: number; readonly doubleApplied: number; readonly halfApplied: number };

/** Nothing in them keeps them from being applied twice but the ledger. */
const files: readonly MigrationFile[] = [
  migration("0000_effects.sql", "CREATE TABLE effects (file int, half int); SELECT pg_sleep(0.05);"),
  ...Array.from({ length: FILES }, (_, n) =>
    migration(
      `000${n + 1}_change.sql`,
      `INSERT INTO effects VALUES (${n}, 1);
       CREATE TABLE IF NOT EXISTS made_${n} (id int);
       SELECT pg_sleep(0.08);
       ALTER TABLE made_${n} ADD COLUMN IF NOT EXISTS a int;
       INSERT INTO effects VALUES (${n}, 2);`,
    ),
  ),
];

export async function runMigrationRound(postgres: Postgres, random: () => number): Promise<Round> {
  const address = await postgres.createDatabase();
  let kills = 0;
  await Promise.all(Array.from({ length: BUILDERS }, keepTrying));
  return { kills, ...(await judge(address)) };

  async function keepTrying(): Promise<void> {
    for (;;) {
      const builder = startGroup(
        process.execPath,
        [join(ROOT, "test/support/migration-builder.ts"), JSON.stringify(address), JSON.stringify(files)],
        { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] },
      );
      let words = "";
      builder.child.stderr?.on("data", (bytes) => (words += bytes));
      if (kills < MOST_KILLS && random() < 0.7) {
        const [least, most] = KILL_AFTER_MS;
        await Promise.race([sleep(least + random() * (most - least)), builder.ended]);
        if (builder.child.exitCode === null) {
          kills++;
          await builder.kill();
          continue;
        }
      }
      await builder.ended;
      if (builder.child.exitCode === 0) return;
      throw new Error(`a builder that was not killed failed: ${words}`);
    }
  }
}

async function judge(address: DatabaseAddress): Promise<Omit<Round, "kills">> {
  const effects: { file: number; half: number; times: string }[] = await query(
    address,
    "SELECT file, half, count(*) AS times FROM effects GROUP BY file, half",
  );
  const rows = await query(address, `SELECT name FROM atelier.migrations WHERE state = 'applied'`);
  const whole = files.length === rows.length && effects.length === FILES * 2;
  const missing = FILES * 2 - effects.length + Math.abs(files.length - rows.length);
  return {
    doubleApplied: effects.filter(({ times }) => Number(times) > 1).length,
    halfApplied: whole ? 0 : missing,
  };
}
