/**
 * Brings a database up to the source's migrations. Every step starts from what the ledger says, under its lock, so it may be
 * cut anywhere, run by several builders at once and run again: a file and its row are committed together.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { assertNever, err, ok, type Result } from "../../schema/result.ts";
import type { DatabaseAddress } from "./database-url.ts";
import { addRow, beginLocked, ensureLedger, markApplied, readLedger, removeStarted } from "./ledger.ts";
import { explainDatabaseError, type MigrationFailure, type Place } from "./migration-failure.ts";
import { describeRefusal, type MigrationFile } from "./migration-file.ts";
import { planMigrations } from "./plan.ts";
import { describeReview, type ReviewedFile, reviewMigrations } from "./review.ts";

/** In milliseconds. */
export type MigrationLimits = {
  readonly connectMs: number;
  /** For the others that migrate the same database. */
  readonly turnMs: number;
  /** For what a statement wants to lock: while it waits, everybody else waits behind it. */
  readonly lockMs: number;
  readonly statementMs: number;
};

export const MIGRATION_LIMITS: MigrationLimits = {
  connectMs: 10_000,
  turnMs: 120_000,
  lockMs: 5_000,
  statementMs: 600_000,
};

export type MigrationRun = {
  readonly address: DatabaseAddress;
  readonly files: readonly MigrationFile[];
  readonly deployment: string;
  readonly limits: MigrationLimits;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** The names of the files that this run has applied. */
export type Applied = { readonly applied: readonly string[] };

const ATTEMPTS = 3;
const PAUSE_MS = 1_000;
const POLL_MS = 250;
/** A builder that hangs with the lock in its hands loses it. */
const IDLE_MS = 60_000;
/** The server's own limit should speak first: it has better words. */
const ANSWER_GRACE_MS = 5_000;

export async function applyMigrations(run: MigrationRun): Promise<Result<Applied, MigrationFailure>> {
  const applied: string[] = [];
  for (let attempt = 1; ; attempt++) {
    const ended = await runSession(run, applied);
    run.signal.throwIfAborted();
    if (ended === null) return ok({ applied });
    if (!ended.passing || attempt === ATTEMPTS) return err(ended);
    run.say(`Trying again: ${ended.detail}`);
    await sleep(PAUSE_MS * attempt, null, { signal: run.signal });
  }
}

/** One connection's worth of it. Null when nothing is left to do. */
async function runSession(run: MigrationRun, applied: string[]): Promise<MigrationFailure | null> {
  const client = connectionTo(run);
  // A connection lost between two queries: the next one throws.
  client.on("error", () => {});
  // With a query under way this closes the socket at once.
  const close = () => void client.end().catch(() => {});
  run.signal.addEventListener("abort", close, { once: true });
  try {
    await client.connect();
    await ensureLedger(client);
    const deadline = performance.now() + run.limits.turnMs;
    for (;;) {
      const step = await applyNext(client, run, applied);
      if (step === "done") return null;
      if (step === "busy" && performance.now() < deadline) await sleep(POLL_MS, null, { signal: run.signal });
      else if (step === "busy") return blocked();
      else if (step !== "applied") return step;
    }
  } catch (error) {
    return explainDatabaseError(error, null);
  } finally {
    run.signal.removeEventListener("abort", close);
    close();
  }
}

function blocked(): MigrationFailure {
  const detail = "Another deployment runs a migration outside of a transaction on this database, and has not ended it.";
  return { reason: "migration_blocked", detail, passing: false };
}

type Step = "applied" | "done" | "busy" | MigrationFailure;

async function applyNext(client: Client, run: MigrationRun, applied: string[]): Promise<Step> {
  await beginLocked(client, { lockMs: run.limits.turnMs, idleMs: IDLE_MS });
  const ledger = await readLedger(client);
  if (ledger.some(({ running }) => running)) return leave(client, "busy");
  const plan = planMigrations(run.files, ledger);
  if (!plan.ok) return leave(client, refused(describeRefusal(plan.failure)));
  const { pending, ahead } = plan.value;
  if (ahead.length > 0) run.say(`The database is ahead of this source by ${ahead.join(", ")}.`);
  if (pending.length === 0) return leave(client, "done");

  // All of them before the first one: what can not be right leaves the database as it is.
  const review = await reviewMigrations(pending);
  if (!review.ok) return leave(client, review.failure);
  if (applied.length === 0) for (const line of describeReview(review.value)) run.say(line);
  const [next] = review.value.files;
  if (!next) return leave(client, "done");
  const failure = next.transaction ? await runWhole(client, next, run) : await runSingly(client, next, run);
  if (failure !== null) return failure;
  applied.push(next.file.name);
  run.say(`Applied: ${next.path}`);
  return "applied";
}

function refused(detail: string): MigrationFailure {
  return { reason: "migration_refused", detail, passing: false };
}

async function leave(client: Client, step: Step): Promise<Step> {
  await client.query("ROLLBACK");
  return step;
}

/** In the transaction that holds the lock. The row comes first, while role and search path are still ours. */
async function runWhole(client: Client, next: ReviewedFile, run: MigrationRun): Promise<MigrationFailure | null> {
  const { file, statements } = next;
  let place: Place = { file, statement: null };
  try {
    await addRow(client, { ...file, state: "applied", deployment: run.deployment });
    await client.query(`SET LOCAL lock_timeout = ${run.limits.lockMs}`);
    await client.query(`SET LOCAL statement_timeout = ${run.limits.statementMs}`);
    for (const statement of statements) {
      place = { file, statement };
      await client.query(statement.text);
    }
    place = { file, statement: null };
    // A transaction that can not be committed answers ROLLBACK, and no error.
    const { command } = await client.query("COMMIT");
    if (command !== "COMMIT") throw new Error("the transaction was rolled back");
    await forgetSession(client);
    return null;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    return explainDatabaseError(error, place);
  }
}

/** Each statement by itself, between `started` and `applied`: a cut in between is found by whoever comes next. */
async function runSingly(client: Client, next: ReviewedFile, run: MigrationRun): Promise<MigrationFailure | null> {
  const { file, statements } = next;
  await addRow(client, { ...file, state: "started", deployment: run.deployment });
  await client.query("COMMIT");
  let done = 0;
  try {
    await client.query(`SET lock_timeout = ${run.limits.lockMs}`);
    await client.query(`SET statement_timeout = ${run.limits.statementMs}`);
    for (const statement of statements) {
      await client.query(statement.text);
      done++;
    }
  } catch (error) {
    const failure = explainDatabaseError(error, { file, statement: statements[done] ?? null });
    await client.query("ROLLBACK").catch(() => {});
    if (failure.reason === "database_unreachable") return failure;
    await forgetSession(client);
    if (done === 0) {
      await removeStarted(client, file);
      return failure;
    }
    const detail = `${failure.detail}. ${done} of its ${statements.length} statements were done before, and stay.`;
    return { ...failure, detail, passing: false };
  }
  await forgetSession(client);
  await markApplied(client, file);
  return null;
}

/** What a file sets is its own: the next one, and on PGlite every other client, has the session as it was. */
async function forgetSession(client: Client): Promise<void> {
  await client.query("RESET SESSION AUTHORIZATION");
  await client.query("RESET ALL");
}

function connectionTo({ address, limits }: MigrationRun): Client {
  const { tls, ...rest } = address;
  return new Client({
    ...rest,
    ssl: sslOf(tls),
    application_name: "atelier migrate",
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: Math.max(limits.statementMs, limits.turnMs) + ANSWER_GRACE_MS,
    keepAlive: true,
  });
}

function sslOf(tls: DatabaseAddress["tls"]): false | { rejectUnauthorized: boolean } {
  switch (tls) {
    case "off":
      return false;
    case "unverified":
      return { rejectUnauthorized: false };
    case "verified":
      return { rejectUnauthorized: true };
    default:
      return assertNever(tls);
  }
}
