/**
 * What a project knows to be stored whole: blobs with their sizes, and the sources made of them. Who relies on bytes, or is about
 * to write them, announces it here first, and learns then that they are being deleted (`busy`). The rules: condemn.ts.
 */
import { and, eq, lte, sql } from "drizzle-orm";
import type { Actor } from "../../schema/actor.ts";
import type { Digest } from "../../schema/digest.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { blobKey, sourceKey } from "../../schema/keys.ts";
import { blobs, condemned, sources, sweep } from "../../schema/project/tables.ts";
import { jsonLists } from "../json-lists.ts";
import { touchLag } from "../retention/horizon.ts";
import type { Database } from "./database.ts";
import { recordEvent } from "./journal.ts";

export type Blob = { readonly sha: Digest; readonly size: number };

/** Bytes of one of the keys are being deleted: ask again in a moment. */
export const BUSY = { kind: "busy" } as const;
export type Busy = typeof BUSY;

/** Of which `stored` are there, with their sizes in bytes. What is recorded later names the generation. */
export type Announced = {
  readonly kind: "announced";
  readonly stored: ReadonlyMap<Digest, number>;
  readonly generation: number;
};

export type Announcement = { readonly project: ProjectId; readonly now: number; readonly graceMs: number };

/** The sizes, in bytes, of those of the blobs that are stored. */
export function findBlobs(db: Database, shas: readonly Digest[]): Map<Digest, number> {
  const rows = jsonLists(shas).flatMap((list) =>
    db
      .select({ sha: blobs.sha, size: blobs.size })
      .from(blobs)
      .where(and(sql`${blobs.sha} IN (SELECT value FROM json_each(${list}))`, eq(blobs.stored, true)))
      .all(),
  );
  return new Map(rows.map(({ sha, size }) => [sha, size]));
}

/** Storage has lost bytes that it had: until they are sent again, no blob counts as stored. */
export function distrustBlobs(db: Database): void {
  db.update(blobs).set({ stored: false }).run();
}

/** Each of the blobs that is not stored, once. */
export function missingFrom(stored: ReadonlyMap<Digest, number>, shas: readonly Digest[]): Digest[] {
  return [...new Set(shas)].filter((sha) => !stored.has(sha));
}

/** Somebody writes these blobs, or relies on those of them that are stored. */
export function announceBlobs(db: Database, wanted: readonly Blob[], announcement: Announcement): Announced | Busy {
  const { project, now, graceMs } = announcement;
  if (
    isBusy(
      db,
      wanted.map(({ sha }) => blobKey(project, sha)),
    )
  )
    return BUSY;
  const generation = generationOf(db);
  for (const list of jsonLists(wanted.map(({ sha, size }) => [sha, size]))) {
    db.run(sql`
      INSERT INTO blobs (sha, size, stored, touched_at, since)
      SELECT value ->> 0, value ->> 1, 0, ${now}, ${generation} FROM json_each(${list}) WHERE true
      ON CONFLICT (sha) DO UPDATE SET touched_at = ${now} WHERE touched_at <= ${now - touchLag(graceMs)}`);
  }
  return {
    kind: "announced",
    stored: findBlobs(
      db,
      wanted.map(({ sha }) => sha),
    ),
    generation,
  };
}

/** Somebody is about to commit a source of these blobs. Only once all are stored is there a list to write. */
export function announceSource(
  db: Database,
  source: Digest,
  shas: readonly Digest[],
  { project, now, graceMs }: Announcement,
): Announced | Busy {
  const wanted = [...new Set(shas)];
  if (isBusy(db, [sourceKey(project, source), ...wanted.map((sha) => blobKey(project, sha))])) return BUSY;
  for (const list of jsonLists(wanted)) {
    db.run(sql`
      UPDATE blobs SET touched_at = ${now}
      WHERE touched_at <= ${now - touchLag(graceMs)} AND sha IN (SELECT value FROM json_each(${list}))`);
  }
  const generation = generationOf(db);
  const stored = findBlobs(db, wanted);
  if (stored.size === wanted.length) {
    const fresh = { files: 0, bytes: 0, committedAt: "", stored: false, touchedAt: now, since: generation };
    db.insert(sources)
      .values({ sha: source, ...fresh })
      .onConflictDoUpdate({ target: sources.sha, set: { touchedAt: now } })
      .run();
  }
  return { kind: "announced", stored, generation };
}

/** They were announced in that generation, and are stored now. False: some were deleted in between, announce them again. */
export function recordBlobs(db: Database, written: readonly Blob[], generation: number): boolean {
  const recorded = written.map(({ sha, size }) =>
    db
      .update(blobs)
      .set({ stored: true, size })
      .where(and(eq(blobs.sha, sha), lte(blobs.since, generation)))
      .returning({ sha: blobs.sha })
      .get(),
  );
  return recorded.every((row) => row !== undefined);
}

/** Seen in storage for a deployment that is in progress and has announced them: so they stay. */
export function recordSeen(db: Database, seen: readonly Blob[], now: number): void {
  for (const list of jsonLists(seen.map(({ sha, size }) => [sha, size]))) {
    db.run(sql`
      INSERT INTO blobs (sha, size, stored, touched_at, since)
      SELECT value ->> 0, value ->> 1, 1, ${now}, ${generationOf(db)} FROM json_each(${list}) WHERE true
      ON CONFLICT (sha) DO UPDATE SET stored = 1, size = excluded.size`);
  }
}

/** Its list is stored. False: it was withdrawn since that generation, announce it again. */
export function recordSource(
  db: Database,
  { sha, files, bytes, generation }: { sha: Digest; files: number; bytes: number; generation: number },
  actor: Actor,
  at: string,
): boolean {
  const row = db
    .select()
    .from(sources)
    .where(and(eq(sources.sha, sha), lte(sources.since, generation)))
    .get();
  if (!row || row.stored) return row !== undefined;
  db.update(sources).set({ files, bytes, committedAt: at, stored: true }).where(eq(sources.sha, sha)).run();
  recordEvent(db, { at, type: "source.committed", actor, data: { source: sha, files } });
  return true;
}

export function hasSource(db: Database, sha: Digest): boolean {
  return db.select().from(sources).where(eq(sources.sha, sha)).get()?.stored ?? false;
}

/** Whether one of the keys is being deleted. */
export function isBusy(db: Database, keys: readonly string[]): boolean {
  const busy = new Set(
    db
      .select()
      .from(condemned)
      .all()
      .map(({ key }) => key),
  );
  return busy.size > 0 && keys.some((key) => busy.has(key));
}

function generationOf(db: Database): number {
  return db.select({ generation: sweep.generation }).from(sweep).get()?.generation ?? 0;
}
