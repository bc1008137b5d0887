/**
 * The table in the app's own database that says what was applied. A file's row is written by the transaction that runs its
 * statements, so both are there or neither.
 */
import type { Client } from "pg";
import type { MigrationFile } from "./migration-file.ts";
import type { LedgerRow } from "./plan.ts";

const CREATE = `
  CREATE SCHEMA IF NOT EXISTS "atelier";
  CREATE TABLE IF NOT EXISTS "atelier"."migrations" (
    "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "name" text NOT NULL UNIQUE,
    "sha256" text NOT NULL,
    "state" text NOT NULL CHECK ("state" IN ('started', 'applied')),
    "deployment" text NOT NULL,
    "applied_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
    "backend_pid" integer NOT NULL DEFAULT pg_backend_pid(),
    "backend_start" timestamptz
  )`;

/** Two that make it at once: the catalogue's own unique indexes let one through (PostgreSQL has no lock for it). */
const MADE_MEANWHILE: ReadonlySet<unknown> = new Set(["23505", "42P06", "42P07", "42710"]);

/** Asks first, so that a database that may only be read can be asked what it has. */
export async function ensureLedger(client: Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query(`SELECT to_regclass('"atelier"."migrations"') IS NOT NULL AS "there"`);
    if (rows[0]?.there === true) return;
    try {
      await client.query(CREATE);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (!MADE_MEANWHILE.has(code)) throw error;
    }
  }
}

/**
 * Opens the transaction in which one builder decides and applies; others wait. A table's lock and no advisory one: those
 * are a session's, and PGlite has a single session for all its clients.
 */
export async function beginLocked(client: Client, limits: { lockMs: number; idleMs: number }): Promise<void> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  await client.query(`SET LOCAL lock_timeout = ${limits.lockMs}`);
  await client.query(`SET LOCAL idle_in_transaction_session_timeout = ${limits.idleMs}`);
  await client.query(`LOCK TABLE "atelier"."migrations" IN SHARE ROW EXCLUSIVE MODE`);
}

/** `running`: the session that started it is there, or can not be told from ours. */
export type ReadRow = LedgerRow & { readonly running: boolean };

export async function readLedger(client: Client): Promise<ReadRow[]> {
  // Who may not see another's session sees no time of its start.
  const { rows } = await client.query<ReadRow>(`
    SELECT "name", "sha256", "state", "deployment", "state" = 'started' AND EXISTS (
      SELECT FROM pg_catalog.pg_stat_activity AS "a" WHERE "a"."pid" = "m"."backend_pid"
        AND coalesce("a"."backend_start" = "m"."backend_start", true)) AS "running"
    FROM "atelier"."migrations" AS "m" ORDER BY "id"`);
  return rows;
}

export async function addRow(client: Client, row: LedgerRow): Promise<void> {
  await client.query(
    `INSERT INTO "atelier"."migrations" ("name", "sha256", "state", "deployment", "backend_start") VALUES ($1, $2, $3, $4,
      (SELECT "backend_start" FROM pg_catalog.pg_stat_activity WHERE "pid" = pg_backend_pid()))`,
    [row.name, row.sha256, row.state, row.deployment],
  );
}

export async function markApplied(client: Client, { name }: MigrationFile): Promise<void> {
  const text = `UPDATE "atelier"."migrations" SET "state" = 'applied', "applied_at" = clock_timestamp() WHERE "name" = $1`;
  await client.query(text, [name]);
}

export async function removeStarted(client: Client, { name }: MigrationFile): Promise<void> {
  await client.query(`DELETE FROM "atelier"."migrations" WHERE "name" = $1 AND "state" = 'started'`, [name]);
}
