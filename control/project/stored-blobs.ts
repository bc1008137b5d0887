/** What a project knows to be stored whole: blobs with their sizes, and the sources made of them. */
import { eq, inArray } from "drizzle-orm";
import type { Digest } from "../../schema/digest.ts";
import { blobs, sources } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import { recordEvent } from "./journal.ts";

/** SQLite takes at most 100 bound parameters a statement in a Durable Object. */
const MAX_PARAMETERS = 90;

/** The sizes, in bytes, of those of the blobs that are stored. */
export function findBlobs(db: Database, shas: readonly Digest[]): Map<Digest, number> {
  const wanted = [...new Set(shas)];
  const found = new Map<Digest, number>();
  for (let start = 0; start < wanted.length; start += MAX_PARAMETERS) {
    const part = wanted.slice(start, start + MAX_PARAMETERS);
    for (const { sha, size } of db.select().from(blobs).where(inArray(blobs.sha, part)).all()) found.set(sha, size);
  }
  return found;
}

/** Each of the blobs that is not stored, once. */
export function missingFrom(stored: ReadonlyMap<Digest, number>, shas: readonly Digest[]): Digest[] {
  return [...new Set(shas)].filter((sha) => !stored.has(sha));
}

export function recordBlobs(db: Database, stored: readonly { sha: Digest; size: number }[]): void {
  for (const blob of stored) db.insert(blobs).values(blob).onConflictDoNothing().run();
}

export function recordSource(
  db: Database,
  { sha, files, bytes }: { sha: Digest; files: number; bytes: number },
  actor: string,
  at: string,
): void {
  const added = db
    .insert(sources)
    .values({ sha, files, bytes, committedAt: at })
    .onConflictDoNothing()
    .returning()
    .get();
  if (added) recordEvent(db, { at, type: "source.committed", actor, data: { source: sha, files } });
}

export function hasSource(db: Database, sha: Digest): boolean {
  return db.select().from(sources).where(eq(sources.sha, sha)).get() !== undefined;
}
