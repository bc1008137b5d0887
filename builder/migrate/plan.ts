/** What is to be applied: the source's files against what the database's ledger says. Pure. */
import { err, ok, type Result } from "../../schema/result.ts";
import type { MigrationFile, MigrationRefusal } from "./migration-file.ts";

/** A row of the ledger. `started`: outside of a transaction, and not known to have ended. */
export type LedgerRow = {
  readonly name: string;
  readonly sha256: string;
  readonly state: "started" | "applied";
  readonly deployment: string;
};

export type MigrationPlan = {
  readonly applied: number;
  readonly pending: readonly MigrationFile[];
  /** In the ledger, and not in this source, which is older than the database. */
  readonly ahead: readonly string[];
};

/** @param ledger in the order in which they were applied */
export function planMigrations(
  files: readonly MigrationFile[],
  ledger: readonly LedgerRow[],
): Result<MigrationPlan, MigrationRefusal> {
  const rows = new Map(ledger.map((row) => [row.name, row]));
  const names = new Set(files.map(({ name }) => name));
  const missing = ledger.filter(({ name }) => !names.has(name));

  const pending: MigrationFile[] = [];
  let lastApplied: string | null = null;
  for (const file of files) {
    const row = rows.get(file.name);
    if (!row) {
      const former = missing.find(({ sha256 }) => sha256 === file.sha256);
      if (former) return err({ file: file.path, why: explainRenamed(former) });
      pending.push(file);
      continue;
    }
    if (row.state === "started") return err({ file: file.path, why: explainStarted(row) });
    if (row.sha256 !== file.sha256) return err({ file: file.path, why: explainEdited(row) });
    lastApplied = file.name;
    const [earlier] = pending;
    if (earlier) return err({ file: earlier.path, why: explainInserted(row) });
  }

  const started = missing.find(({ state }) => state === "started");
  if (started) return err({ file: started.name, why: explainStarted(started) });
  // Where the last ones alone are missing and nothing is new, the source is an older one: its code may run again.
  const lastIndex = ledger.findIndex(({ name }) => name === lastApplied);
  const removed = missing.find((row) => pending.length > 0 || ledger.indexOf(row) < lastIndex);
  if (removed) return err({ file: removed.name, why: explainRemoved(removed) });
  return ok({ applied: ledger.length - missing.length, pending, ahead: missing.map(({ name }) => name) });
}

function explainEdited({ deployment }: LedgerRow): string {
  return `It was changed after ${deployment} had applied it. Put it back as it was, and write the change into a new migration.`;
}

function explainRenamed({ name }: LedgerRow): string {
  return `The same migration was applied as ${name}. Give it that name again.`;
}

function explainRemoved({ deployment }: LedgerRow): string {
  return `It was applied by ${deployment}, and is not in this source. Put it back; undo it with a new migration if need be.`;
}

function explainInserted({ name }: LedgerRow): string {
  return `It is new, but comes before ${name}, which has been applied. Give it a name after all that were applied.`;
}

function explainStarted({ name, deployment }: LedgerRow): string {
  const row = `"atelier"."migrations" WHERE "name" = '${name.replaceAll("'", "''")}'`;
  return (
    `${deployment} began it outside of a transaction and did not end it, so a part of it may be done. See what is there. ` +
    `Then finish it by hand and run UPDATE "atelier"."migrations" SET "state" = 'applied'${row.slice(row.indexOf(" WHERE"))}; ` +
    `or undo it and run DELETE FROM ${row}; and deploy again.`
  );
}
