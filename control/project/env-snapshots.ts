/**
 * The variables that a deployment was given, named by their digest: the same variables give the same one, and it is kept for as long
 * as a deployment or a release that can be gone back to names it. Every function runs in the caller's transaction.
 */
import { asc, eq, isNull } from "drizzle-orm";
import type { Digest } from "../../schema/digest.ts";
import { EMPTY_ENV } from "../../schema/env-snapshot.ts";
import type { Environment } from "../../schema/environment.ts";
import { deployments, envSnapshots, envVariables, releases, type SnapshotEntry } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Variable } from "../../schema/variable.ts";
import type { Database } from "./database.ts";
import {
  type DigestKey,
  findDigestKey,
  forgetValues,
  keyedDigest,
  lostKeyOf,
  readValue,
  type Vault,
} from "./env-values.ts";
import type { Refusal } from "./promote-gate.ts";

/** What a build is given. `lost`: some of it can not be read; `detail` says what to do. */
export type SnapshotContent =
  | { readonly kind: "variables"; readonly variables: Variable[] }
  | { readonly kind: "lost"; readonly detail: string };

/** Of an environment as it is now. Nothing is decrypted for it. */
export function takeSnapshot(
  db: Database,
  vault: Vault,
  environment: Environment,
  now: number,
): Result<Digest, Refusal> {
  const entries = currentEntries(db, environment);
  if (entries.length === 0) return ok(EMPTY_ENV);
  const key = findDigestKey(db, vault);
  if (!key || entries.some(({ value }) => lostKeyOf(db, vault, value) !== null)) {
    return err(lostVariables(db, vault, entries));
  }
  const digest = digestOf(key, environment, entries);
  const createdAt = new Date(now).toISOString();
  db.insert(envSnapshots).values({ digest, environment, entries, createdAt }).onConflictDoNothing().run();
  return ok(digest);
}

/** The digest of the snapshot that would be taken now; null when it can not be taken. */
export function currentDigest(db: Database, vault: Vault, environment: Environment): Digest | null {
  const entries = currentEntries(db, environment);
  if (entries.length === 0) return EMPTY_ENV;
  const key = findDigestKey(db, vault);
  const isLost = entries.some(({ value }) => lostKeyOf(db, vault, value) !== null);
  return key && !isLost ? digestOf(key, environment, entries) : null;
}

export function hasSnapshot(db: Database, digest: Digest): boolean {
  return digest === EMPTY_ENV || findSnapshot(db, digest) !== null;
}

/** Throws for one that was never taken, or is forgotten: nothing that needs one has outlived it. */
export function readSnapshot(db: Database, vault: Vault, digest: Digest): SnapshotContent {
  if (digest === EMPTY_ENV) return { kind: "variables", variables: [] };
  const entries = findSnapshot(db, digest);
  if (!entries) throw new Error(`there is no env snapshot ${digest}`);
  const variables: Variable[] = [];
  for (const { name, visibility, value: at } of entries) {
    const value = readValue(db, vault, at);
    if (value === null) return { kind: "lost", detail: lostVariables(db, vault, entries).detail };
    variables.push({ name, visibility, value });
  }
  return { kind: "variables", variables };
}

/** Forgets what no deployment can be built, retried or promoted with any more. */
export function forgetSnapshots(db: Database): void {
  const kept = db.select({ env: deployments.env }).from(deployments).where(isNull(deployments.collectedAt)).all();
  const released = db
    .select({ env: releases.env })
    .from(releases)
    .innerJoin(deployments, eq(deployments.id, releases.deployment))
    .where(isNull(deployments.collectedAt))
    .all();
  const named = new Set([...kept, ...released].map(({ env }) => env));
  for (const { digest } of db.select({ digest: envSnapshots.digest }).from(envSnapshots).all()) {
    if (!named.has(digest)) db.delete(envSnapshots).where(eq(envSnapshots.digest, digest)).run();
  }
  forgetValues(db);
}

/** Says which variables are lost, and how to go on. */
export function lostVariables(
  db: Database,
  vault: Vault,
  variables: readonly Pick<SnapshotEntry, "name" | "value">[],
): Refusal {
  const lost = variables.flatMap(({ name, value }) => {
    const key = lostKeyOf(db, vault, value);
    return key === null ? [] : [{ name, key }];
  });
  // Without a lost id, the ring holds another key under the same one.
  const all = lost.length > 0 ? lost : variables.map(({ name }) => ({ name, key: "that closed it" }));
  const names = all.slice(0, 10).map(({ name }) => name);
  const more = all.length > names.length ? ` and ${all.length - names.length} more` : "";
  const keys = [...new Set(all.map(({ key }) => key))].join(", ");
  const detail = `${names.join(", ")}${more} can not be read: the key ${keys} is not in ENV_KEYS. Set these variables again, or let the operator bring the key back.`;
  return { code: "env_key_lost", detail };
}

export function currentEntries(db: Database, environment: Environment): SnapshotEntry[] {
  const { name, value, visibility } = envVariables;
  return db
    .select({ name, value, visibility })
    .from(envVariables)
    .where(eq(envVariables.environment, environment))
    .orderBy(asc(name))
    .all();
}

/** None of one that is forgotten. */
export function snapshotEntries(db: Database, digest: Digest): readonly SnapshotEntry[] {
  return findSnapshot(db, digest) ?? [];
}

function findSnapshot(db: Database, digest: Digest): readonly SnapshotEntry[] | null {
  return db.select().from(envSnapshots).where(eq(envSnapshots.digest, digest)).get()?.entries ?? null;
}

function digestOf(key: DigestKey, environment: Environment, entries: readonly SnapshotEntry[]): Digest {
  const parts = entries.map(({ name, value, visibility }) => [name, value, visibility]);
  return keyedDigest(key, ["snapshot", environment, parts]);
}
