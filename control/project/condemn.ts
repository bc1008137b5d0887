/**
 * How bytes are deleted while deploys go on. The sweeper (control/retention/) decides nothing: it proposes keys, and only
 * `Project`, in one transaction, condemns them. `Project` in turn never hears of R2 but through those who call it.
 *
 *   writer (API, BuildRun)               Project                                sweeper
 *   announce(keys)            ------->   touches rows, makes those that miss
 *                             <-------   missing + generation, or `busy`
 *   puts the missing ones to R2
 *   record(keys, generation)  ------->   the row is `stored`, or `gone`
 *                                        withdraws what the plan lets go  <---  open (the marks begin)
 *                                        what is kept                     --->  marks: what kept manifests and sources name
 *                                        condemns the untouched           <---  condemn(unmarked keys of a page of R2's list)
 *                                        agreed keys: their rows are gone --->  deletes them in R2
 *                                        forgets the condemnation         <---  release(keys), after R2 confirmed
 *
 * Invariants, each the reason for a rule below:
 *  1. A `stored` row stands for bytes that are in R2, and no delete of its key is under way. Bytes are recorded only if the row
 *     of their announcement lived until then (`since <= generation`: a row that was condemned and made again is another writer's);
 *     condemning takes the row away in the transaction in which the key becomes busy, before any delete is sent.
 *  2. A busy key can not be announced: whoever wants it waits until R2 has confirmed the delete. So no delete lands after a put
 *     that anybody relies on.
 *  3. What existed when the marks began is either marked (kept) or withdrawn (can not be named any more but by announcing every
 *     key of it). What comes into being afterwards was announced afterwards. What was in progress announced after its creation.
 *     So `protectedSince`, fixed when the marks begin, protects everything that is not marked and may yet be relied upon.
 *  4. Every life of the sweeper takes a new fence, and messages of an earlier life are refused: its late `condemn` condemns
 *     nothing, its late `release` frees no key that the new life deletes again. What was condemned when a life began may be under
 *     deletion by the one before: it is deleted again, and stays busy until no call of the earlier life can land any more.
 */
import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lt, min, notInArray, or, sql } from "drizzle-orm";
import type { Actor } from "../../schema/actor.ts";
import type { Digest } from "../../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { keyOf, readKey, type StoredObject } from "../../schema/keys.ts";
import { IN_PROGRESS_STATUSES } from "../../schema/lifecycle.ts";
import { blobs, condemned, deployments, identity, sources, sweep } from "../../schema/project/tables.ts";
import { condemnableBefore, protectedSince } from "../retention/horizon.ts";
import { collectPage } from "./collect.ts";
import type { Database } from "./database.ts";
import { forgetAnswers } from "./idempotency.ts";
import { recordEvent } from "./journal.ts";

/** With which a life of the sweeper begins. */
export type SweepLicence = {
  readonly fence: number;
  /** What the life before left condemned. */
  readonly condemned: readonly string[];
  /** The project is deleted: nothing of it is swept. */
  readonly deleted: boolean;
};
/** How many deployments were, and where the next part begins; null: that was all. */
export type Withdrawn = { readonly collected: number; readonly next: DeploymentId | null };
export type SweepOutcome = {
  readonly deployments: number;
  readonly objects: number;
  readonly bytes: number;
  readonly blocked: string | null;
};

const PAGE = 500;
const PURGE_BATCH = 5_000;

export function takeSweep(db: Database): SweepLicence {
  const { fence } = db
    .insert(sweep)
    .values({ id: 1, generation: 0, fence: 1, protectedSince: null })
    .onConflictDoUpdate({ target: sweep.id, set: { fence: sql`${sweep.fence} + 1` } })
    .returning()
    .get();
  const keys = db.select().from(condemned).all();
  const self = db.select().from(identity).get();
  return { fence, condemned: keys.map(({ key }) => key), deleted: self?.deletedAt != null };
}

/**
 * Withdraws what is not kept: deployments part by part, those before `before`, then, with the last of them, sources; from that
 * transaction on the marks may be read. Null: this life is over.
 */
export function openSweep(
  db: Database,
  fence: number,
  {
    before,
    actor,
    graceMs,
    now,
  }: {
    readonly before: DeploymentId | null;
    readonly actor: Actor;
    readonly graceMs: number;
    readonly now: number;
  },
): Withdrawn | null {
  if (!isCurrent(db, fence)) return null;
  const done = collectPage(db, { before, actor, now });
  if (done.next !== null) return done;
  const oldest = db
    .select({ at: min(deployments.createdAt) })
    .from(deployments)
    .where(inArray(deployments.status, [...IN_PROGRESS_STATUSES]))
    .get();
  const since = protectedSince(now, graceMs, oldest?.at ? Date.parse(oldest.at) : null);
  const kept = db.select({ source: deployments.source }).from(deployments).where(isNull(deployments.collectedAt));
  db.delete(sources)
    .where(and(lt(sources.touchedAt, since), notInArray(sources.sha, kept)))
    .run();
  db.update(sweep).set({ protectedSince: since }).run();
  return done;
}

/** The builds whose manifests name what is kept, in order. */
export function keptBuilds(db: Database, after: Digest | null): Digest[] {
  const rows = db
    .selectDistinct({ build: deployments.build })
    .from(deployments)
    .where(
      and(
        eq(deployments.whole, true),
        isNotNull(deployments.build),
        after === null ? undefined : gt(deployments.build, after),
      ),
    )
    .orderBy(asc(deployments.build))
    .limit(PAGE)
    .all();
  return rows.flatMap(({ build }) => build ?? []);
}

/** The sources whose lists name what is kept, in order. */
export function keptSources(db: Database, after: Digest | null): Digest[] {
  const rows = db
    .select({ sha: sources.sha })
    .from(sources)
    .where(and(eq(sources.stored, true), after === null ? undefined : gt(sources.sha, after)))
    .orderBy(asc(sources.sha))
    .limit(PAGE)
    .all();
  return rows.map(({ sha }) => sha);
}

/** Condemns those of the unmarked keys that nobody refers to. Null: this life is over, or its marks are not made yet. */
export function condemn(
  db: Database,
  project: ProjectId,
  fence: number,
  listed: readonly { readonly key: string; readonly uploadedAt: number }[],
  graceMs: number,
): string[] | null {
  const current = isCurrent(db, fence);
  if (current === null || current.protectedSince === null) return null;
  const before = condemnableBefore(current.protectedSince, graceMs);
  const objects = listed.flatMap(({ key, uploadedAt }) => (uploadedAt < before ? (readKey(project, key) ?? []) : []));
  const agreed = [
    ...condemnBlobs(db, shasOf(objects, "blob"), before),
    ...unreferencedSources(db, shasOf(objects, "source")),
    ...unreferencedManifests(db, shasOf(objects, "manifest")),
    ...unreferencedLogs(db, objects),
  ].map((object) => keyOf(project, object));
  if (agreed.length === 0) return [];
  db.run(sql`INSERT OR IGNORE INTO ${condemned} (key) SELECT value FROM json_each(${JSON.stringify(agreed)})`);
  db.update(sweep)
    .set({ generation: sql`${sweep.generation} + 1` })
    .run();
  return agreed;
}

/** R2 has confirmed that they are gone, and no delete of them is under way. */
export function release(db: Database, fence: number, keys: readonly string[]): true | null {
  if (!isCurrent(db, fence)) return null;
  db.run(sql`DELETE FROM ${condemned} WHERE key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`);
  return true;
}

/** Removes announcements that nothing came of and answers that nobody asks for again, and notes what was done. Null: this life is over; false: ask once more. */
export function endSweep(
  db: Database,
  fence: number,
  {
    outcome,
    actor,
    graceMs,
    now,
  }: {
    readonly outcome: SweepOutcome;
    readonly actor: Actor;
    readonly graceMs: number;
    readonly now: number;
  },
): boolean | null {
  const current = isCurrent(db, fence);
  if (!current) return null;
  if (db.select({ n: count() }).from(condemned).get()?.n)
    throw new Error("a sweep can not end while keys are condemned");
  if (current.protectedSince !== null) {
    const before = condemnableBefore(current.protectedSince, graceMs);
    const stale = db
      .select({ sha: blobs.sha })
      .from(blobs)
      .where(and(eq(blobs.stored, false), lt(blobs.touchedAt, before)))
      .limit(PURGE_BATCH);
    const purged = db.delete(blobs).where(inArray(blobs.sha, stale)).returning({ sha: blobs.sha }).all();
    if (purged.length === PURGE_BATCH) return false;
  }
  if (forgetAnswers(db, now, PURGE_BATCH) === PURGE_BATCH) return false;
  db.update(sweep).set({ protectedSince: null }).run();
  const at = new Date(now).toISOString();
  recordEvent(db, { at, type: "retention.swept", actor, data: { ...outcome } });
  return true;
}

function isCurrent(db: Database, fence: number): typeof sweep.$inferSelect | null {
  const row = db.select().from(sweep).get();
  return row?.fence === fence ? row : null;
}

function shasOf(objects: readonly StoredObject[], kind: Exclude<StoredObject["kind"], "log">): Digest[] {
  return objects.flatMap((object) => (object.kind === kind ? object.sha : []));
}

/** A blob that nobody has announced for long. Its row goes: from now on it is not stored. */
function condemnBlobs(db: Database, shas: readonly Digest[], before: number): StoredObject[] {
  const wanted = JSON.stringify(shas);
  db.run(sql`DELETE FROM blobs WHERE touched_at < ${before} AND sha IN (SELECT value FROM json_each(${wanted}))`);
  const relied = db
    .select({ sha: blobs.sha })
    .from(blobs)
    .where(sql`${blobs.sha} IN (SELECT value FROM json_each(${wanted}))`)
    .all();
  return without(
    shas,
    relied.map(({ sha }) => sha),
  ).map((sha) => ({ kind: "blob", sha }));
}

/** Those that are kept, or on their way, have a row. */
function unreferencedSources(db: Database, shas: readonly Digest[]): StoredObject[] {
  const kept = db
    .select({ sha: sources.sha })
    .from(sources)
    .where(sql`${sources.sha} IN (SELECT value FROM json_each(${JSON.stringify(shas)}))`)
    .all();
  return without(
    shas,
    kept.map(({ sha }) => sha),
  ).map((sha) => ({ kind: "source", sha }));
}

function unreferencedManifests(db: Database, builds: readonly Digest[]): StoredObject[] {
  const kept = db
    .selectDistinct({ build: deployments.build })
    .from(deployments)
    .where(
      and(
        sql`${deployments.build} IN (SELECT value FROM json_each(${JSON.stringify(builds)}))`,
        or(eq(deployments.whole, true), inArray(deployments.status, [...IN_PROGRESS_STATUSES])),
      ),
    )
    .all();
  return without(
    builds,
    kept.flatMap(({ build }) => build ?? []),
  ).map((sha) => ({ kind: "manifest", sha }));
}

function unreferencedLogs(db: Database, objects: readonly StoredObject[]): StoredObject[] {
  const logs = objects.filter((object) => object.kind === "log");
  const kept = db
    .select({ id: deployments.id })
    .from(deployments)
    .where(
      and(
        sql`${deployments.id} IN (SELECT value FROM json_each(${JSON.stringify(logs.map(({ deployment }) => deployment))}))`,
        isNull(deployments.collectedAt),
      ),
    )
    .all();
  const ids = new Set(kept.map(({ id }) => id));
  return logs.filter(({ deployment }) => !ids.has(deployment));
}

function without(shas: readonly Digest[], kept: readonly Digest[]): Digest[] {
  const taken = new Set(kept);
  return shas.filter((sha) => !taken.has(sha));
}
