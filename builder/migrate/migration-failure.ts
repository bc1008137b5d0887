/** How migrating ends badly, in the database's own words where it has some. */
import { DatabaseError } from "pg";
import { describeForUsers } from "../failure.ts";
import type { MigrationFile } from "./migration-file.ts";
import { lineInStatement, type Statement } from "./statements.ts";

export type MigrationFailure = {
  readonly reason:
    | "migration_failed"
    | "migration_refused"
    | "migration_blocked"
    | "database_unreachable"
    | "database_full"
    | "database_read_only";
  readonly detail: string;
  /** Whether it may go away by itself within seconds. */
  readonly passing: boolean;
};

/** What was being run; null for what is ours. */
export type Place = { readonly file: MigrationFile; readonly statement: Statement | null } | null;

/** Codes of PostgreSQL, appendix A of its manual. */
const DISK_FULL = "53100";
const READ_ONLY = "25006";
const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK = "40P01";
const TOO_MANY_CONNECTIONS = "53300";
/** Connection exceptions, and what a server says that starts or stops. */
const GONE = /^(08|57P0[1235])/;
/** Wrong user or password, no such database, not allowed to connect. */
const NOT_LET_IN = /^(28|3D)/;

export function explainDatabaseError(error: unknown, place: Place): MigrationFailure {
  if (!(error instanceof DatabaseError)) {
    return {
      reason: "database_unreachable",
      detail: `${describePlace(place)}${describeForUsers(error)}`,
      passing: true,
    };
  }
  const { code = "" } = error;
  const hint = error.hint === undefined ? "" : ` (${error.hint})`;
  const detail = `${describePlace(place, error.position)}${error.message}${hint}`;
  if (code === DISK_FULL) return { reason: "database_full", detail, passing: false };
  if (code === READ_ONLY) return { reason: "database_read_only", detail, passing: false };
  if (code === LOCK_NOT_AVAILABLE || code === DEADLOCK) return { reason: "migration_blocked", detail, passing: true };
  if (GONE.test(code) || code === TOO_MANY_CONNECTIONS)
    return { reason: "database_unreachable", detail, passing: true };
  if (NOT_LET_IN.test(code) && place === null) return { reason: "database_unreachable", detail, passing: false };
  return { reason: "migration_failed", detail, passing: false };
}

function describePlace(place: Place, position?: string): string {
  if (place === null) return "";
  const { file, statement } = place;
  if (statement === null) return `${file.path}: `;
  const line = position === undefined ? statement.line : lineInStatement(statement, Number(position));
  return `${file.path}:${line}: `;
}
