/** A project's environment variables: set, removed, listed, read. Every function runs in the caller's transaction. */
import { and, asc, eq } from "drizzle-orm";
import { type Actor, nameOf } from "../../schema/actor.ts";
import type { ChangeVariables, EnvState, EnvValues, EnvVariable, Resealed } from "../../schema/contracts/env-vars.ts";
import type { Environment } from "../../schema/environment.ts";
import { publishersOf } from "../../schema/frameworks.ts";
import { envVariables } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import { byteLength, isSearchable, MAX_VARIABLES, MAX_VARIABLES_BYTES } from "../../schema/variable.ts";
import type { Database } from "./database.ts";
import { currentDigest, lostVariables } from "./env-snapshots.ts";
import { forgetValues, keepValue, lostKeyOf, openVault, readValue, reseal, type Vault } from "./env-values.ts";
import { recordEvent } from "./journal.ts";
import type { Refusal } from "./promote-gate.ts";

export type VariableRow = typeof envVariables.$inferSelect;

/** Who changes what of which environment. */
type Change = {
  readonly environment: Environment;
  readonly wish: ChangeVariables;
  readonly actor: Actor;
  readonly now: number;
};

/** Of an event's list of names. */
const MAX_NAMES_CHARS = 1_000;

/** All of it, or nothing: what can be refused is refused before the first write. The next deployment gets what is there then. */
export function changeVariables(db: Database, vault: Vault, change: Change): Result<EnvState, Refusal> {
  const { environment, wish, actor, now } = change;
  const before = new Map(listRows(db, environment).map((row) => [row.name, row]));
  const refusal = refuseChange(change, before);
  if (refusal) return err(refusal);
  const rows = keepRows(db, vault, change, before);
  if (!rows.ok) return rows;
  const changed = rows.value.filter((row) => isChange(before.get(row.name), row));
  store(db, environment, changed, wish.remove);
  forgetValues(db);
  if (changed.length > 0 || wish.remove.length > 0) {
    const data = { environment, set: listNames(changed.map(({ name }) => name)), removed: listNames(wish.remove) };
    recordEvent(db, { at: new Date(now).toISOString(), type: "variables.updated", actor, data });
  }
  return ok(describeVariables(db, vault, environment));
}

/** By name, without values. */
export function describeVariables(db: Database, vault: Vault, environment: Environment): EnvState {
  const rows = listRows(db, environment);
  return {
    environment,
    digest: currentDigest(db, vault, environment),
    variables: rows.map(
      ({ name, value, visibility, searched, updatedAt, updatedBy }): EnvVariable => ({
        name,
        visibility,
        searched,
        publishedBy: publishersOf(name),
        lost: lostKeyOf(db, vault, value) !== null,
        updatedAt,
        updatedBy,
      }),
    ),
  };
}

/** By name. A secret value stays where it is. */
export function readVariables(db: Database, vault: Vault, environment: Environment): Result<EnvValues, Refusal> {
  const rows = listRows(db, environment);
  const readable = rows.filter(({ visibility }) => visibility !== "secret");
  const variables = rows.map(({ name, visibility, value }) => ({
    name,
    visibility,
    value: visibility === "secret" ? null : readValue(db, vault, value),
  }));
  const lost = variables.filter(({ visibility, value }) => visibility !== "secret" && value === null);
  if (lost.length === 0) return ok({ environment, variables });
  return err(lostVariables(db, vault, readable));
}

export function resealVariables(
  db: Database,
  vault: Vault,
  { actor, now }: Pick<Change, "actor" | "now">,
): Result<Resealed, Refusal> {
  const report = reseal(db, vault);
  if (!report.ok) return report;
  const { key, resealed, lost } = report.value;
  if (resealed > 0) {
    const at = new Date(now).toISOString();
    recordEvent(db, { at, type: "variables.resealed", actor, data: { key, resealed, lost } });
  }
  return report;
}

function listRows(db: Database, environment: Environment): VariableRow[] {
  return db
    .select()
    .from(envVariables)
    .where(eq(envVariables.environment, environment))
    .orderBy(asc(envVariables.name))
    .all();
}

/** Encrypts what is set. Removing needs no key. */
function keepRows(
  db: Database,
  vault: Vault,
  { environment, wish, actor, now }: Change,
  before: ReadonlyMap<string, VariableRow>,
): Result<VariableRow[], Refusal> {
  if (wish.set.length === 0) return ok([]);
  const opened = openVault(db, vault);
  if (!opened.ok) return opened;
  const updatedAt = new Date(now).toISOString();
  const rows = wish.set.map(({ name, value, visibility: wished }) => {
    const visibility = wished ?? before.get(name)?.visibility ?? "private";
    const searched = visibility !== "public" && isSearchable(value);
    const bytes = bytesOf(name, value);
    const digest = keepValue(db, opened.value, { environment, name }, value);
    return { environment, name, value: digest, visibility, bytes, searched, updatedAt, updatedBy: nameOf(actor) };
  });
  return ok(rows);
}

/** The same value set again is no change, and says nothing about who set it. */
function isChange(before: VariableRow | undefined, after: VariableRow): boolean {
  return before?.value !== after.value || before.visibility !== after.visibility || before.searched !== after.searched;
}

function refuseChange({ environment, wish }: Change, before: ReadonlyMap<string, VariableRow>): Refusal | null {
  const unknown = wish.remove.find((name) => !before.has(name));
  if (unknown !== undefined) {
    const detail = `${environment} has no variable "${unknown}". GET .../env/${environment} lists them.`;
    return { code: "variable_not_found", detail };
  }
  const sizes = new Map([...before.values()].map(({ name, bytes }) => [name, bytes]));
  for (const name of wish.remove) sizes.delete(name);
  for (const { name, value } of wish.set) sizes.set(name, bytesOf(name, value));
  if (sizes.size > MAX_VARIABLES) {
    const detail = `${environment} would have ${sizes.size} variables. An environment has at most ${MAX_VARIABLES}: remove some first.`;
    return { code: "limit_reached", detail };
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_VARIABLES_BYTES) return null;
  const detail = `The variables of ${environment} would have ${bytes} bytes, names and values together. At most ${MAX_VARIABLES_BYTES} are possible: put what is large into a file of the app or into storage.`;
  return { code: "limit_reached", detail };
}

function store(
  db: Database,
  environment: Environment,
  changed: readonly VariableRow[],
  removed: readonly string[],
): void {
  for (const name of removed) {
    db.delete(envVariables)
      .where(and(eq(envVariables.environment, environment), eq(envVariables.name, name)))
      .run();
  }
  for (const row of changed) {
    db.insert(envVariables)
      .values(row)
      .onConflictDoUpdate({ target: [envVariables.environment, envVariables.name], set: row })
      .run();
  }
}

function bytesOf(name: string, value: string): number {
  return byteLength(name) + byteLength(value);
}

function listNames(names: readonly string[]): string {
  const text = names.join(", ");
  return text.length <= MAX_NAMES_CHARS ? text : `${text.slice(0, MAX_NAMES_CHARS)}… (${names.length})`;
}
