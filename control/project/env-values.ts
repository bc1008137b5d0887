/**
 * The encrypted values of a project's environment variables. Each is bound to its project, environment and name, and is named by a
 * keyed digest; that key is the project's own, and is encrypted as the values are. Called in the transaction of the change.
 */
import { createHmac, randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Resealed } from "../../schema/contracts/env-vars.ts";
import { type Digest, toDigest } from "../../schema/digest.ts";
import type { Environment } from "../../schema/environment.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { envDigestKey, envSnapshots, envValues, envVariables } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import { type EnvKey, fromBase64, type KeyRing, open, seal, toBase64 } from "../env-keys.ts";
import type { Database } from "./database.ts";
import type { Refusal } from "./promote-gate.ts";

/** Whose values they are, and what opens them. */
export type Vault = { readonly project: ProjectId; readonly keys: KeyRing };

/** What a value belongs to. */
type Owner = { readonly environment: Environment; readonly name: string };
export type DigestKey = Uint8Array;

const DIGEST_KEY_BYTES = 32;
const ONLY_ROW = 1;

/** A vault that takes values in. */
export type OpenVault = Vault & { readonly newest: EnvKey; readonly digestKey: DigestKey };

export function openVault(db: Database, vault: Vault): Result<OpenVault, Refusal> {
  const newest = newestKey(vault);
  return newest.ok ? ok({ ...vault, newest: newest.value, digestKey: openDigestKey(db, vault, newest.value) }) : newest;
}

/** Encrypts a value. @returns its digest */
export function keepValue(db: Database, vault: OpenVault, owner: Owner, value: string): Digest {
  const { environment, name } = owner;
  const digest = keyedDigest(vault.digestKey, ["value", environment, name, value]);
  const sealed = seal(vault.newest, value, valueContext(vault, owner));
  db.insert(envValues)
    .values({ digest, environment, name, ...sealed })
    .onConflictDoUpdate({ target: envValues.digest, set: sealed })
    .run();
  return digest;
}

/** Null when its key is not there, or is not the one that it was closed with. */
export function readValue(db: Database, vault: Vault, digest: Digest): string | null {
  const row = db.select().from(envValues).where(eq(envValues.digest, digest)).get();
  return row ? open(vault.keys, row, valueContext(vault, row)) : null;
}

/** The key that a value was closed with, when it is not in the ring. */
export function lostKeyOf(db: Database, { keys }: Vault, digest: Digest): string | null {
  const row = db.select({ key: envValues.key }).from(envValues).where(eq(envValues.digest, digest)).get();
  const key = row?.key ?? "unknown";
  return keys.some(({ id }) => id === key) ? null : key;
}

/** The key of the project's digests. Null before its first value, and when it can not be opened any more. */
export function findDigestKey(db: Database, vault: Vault): DigestKey | null {
  const row = db.select().from(envDigestKey).get();
  const text = row ? open(vault.keys, row, digestKeyContext(vault)) : null;
  return text === null ? null : fromBase64(text);
}

/** Over the parts as JSON: no two lists of parts give the same text. */
export function keyedDigest(key: DigestKey, parts: readonly unknown[]): Digest {
  return toDigest(createHmac("sha256", key).update(JSON.stringify(parts)).digest());
}

/** Closes with the newest key what older ones closed. Those may be taken out of the ring when every project has done so. */
export function reseal(db: Database, vault: Vault): Result<Resealed, Refusal> {
  const newest = newestKey(vault);
  if (!newest.ok) return newest;
  const { id } = newest.value;
  const lostKeys = new Set<string>();
  let [resealed, lost] = [0, 0];
  for (const row of db.select().from(envValues).all()) {
    const context = valueContext(vault, row);
    const value = open(vault.keys, row, context);
    if (value === null) {
      lostKeys.add(row.key);
      lost += 1;
    } else if (row.key !== id) {
      db.update(envValues)
        .set(seal(newest.value, value, context))
        .where(eq(envValues.digest, row.digest))
        .run();
      resealed += 1;
    }
  }
  const digestKey = findDigestKey(db, vault);
  if (digestKey) keepDigestKey(db, vault, newest.value, digestKey);
  return ok({ key: id, resealed, lost, lostKeys: [...lostKeys] });
}

/** Forgets the values that neither a variable nor a snapshot names. */
export function forgetValues(db: Database): void {
  const named = new Set(
    db
      .select({ value: envVariables.value })
      .from(envVariables)
      .all()
      .map(({ value }) => value),
  );
  for (const { entries } of db.select({ entries: envSnapshots.entries }).from(envSnapshots).all()) {
    for (const { value } of entries) named.add(value);
  }
  for (const { digest } of db.select({ digest: envValues.digest }).from(envValues).all()) {
    if (!named.has(digest)) db.delete(envValues).where(eq(envValues.digest, digest)).run();
  }
}

/** A fresh one when there is none that can be opened. */
function openDigestKey(db: Database, vault: Vault, newest: EnvKey): DigestKey {
  const found = findDigestKey(db, vault);
  if (found) return found;
  const fresh = randomBytes(DIGEST_KEY_BYTES);
  keepDigestKey(db, vault, newest, fresh);
  return fresh;
}

function keepDigestKey(db: Database, vault: Vault, newest: EnvKey, key: DigestKey): void {
  const sealed = seal(newest, toBase64(key), digestKeyContext(vault));
  db.insert(envDigestKey)
    .values({ id: ONLY_ROW, ...sealed })
    .onConflictDoUpdate({ target: envDigestKey.id, set: sealed })
    .run();
}

function newestKey({ keys: [newest] }: Vault): Result<EnvKey, Refusal> {
  if (newest) return ok(newest);
  const detail =
    "This installation has no key to encrypt variables with. Its operator sets ENV_KEYS, a secret of control.";
  return err({ code: "env_key_lost", detail });
}

function valueContext({ project }: Vault, { environment, name }: Owner): string {
  return JSON.stringify(["value", project, environment, name]);
}

function digestKeyContext({ project }: Vault): string {
  return JSON.stringify(["digest-key", project]);
}
