/** API tokens in the directory. A row stays after its token was revoked: history names who acted. */
import { and, count, desc, eq, gt, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { tokens } from "../../schema/directory/tables.ts";
import type { ProjectId } from "../../schema/ids.ts";

export type TokenRow = typeof tokens.$inferSelect;

/** Where a page of tokens begins: behind this one, in the order of creation, newest first. */
export type TokenPosition = { readonly createdAt: string; readonly id: string };

/** Null: all tokens. Else those that are bound to no other projects than these. */
type Of = readonly ProjectId[] | null;

export function tokenQueries(db: DrizzleD1Database) {
  return {
    async find(id: string): Promise<TokenRow | null> {
      return (await db.select().from(tokens).where(eq(tokens.id, id)).get()) ?? null;
    },

    async findByRequest(key: string): Promise<TokenRow | null> {
      return (await db.select().from(tokens).where(eq(tokens.requestKey, key)).get()) ?? null;
    },

    async list(query: { of: Of; after: TokenPosition | undefined; limit: number }): Promise<TokenRow[]> {
      const { of, after, limit } = query;
      const behind =
        after &&
        or(lt(tokens.createdAt, after.createdAt), and(eq(tokens.createdAt, after.createdAt), lt(tokens.id, after.id)));
      return db
        .select()
        .from(tokens)
        .where(and(behind, boundTo(of)))
        .orderBy(desc(tokens.createdAt), desc(tokens.id))
        .limit(limit)
        .all();
    },

    async countUsable(of: Of, at: string): Promise<number> {
      const found = await db
        .select({ usable: count() })
        .from(tokens)
        .where(and(isUsable(at), boundTo(of)))
        .get();
      return found?.usable ?? 0;
    },

    /** @returns false when a token of the same request is there */
    async add(row: TokenRow): Promise<boolean> {
      const { meta } = await db.insert(tokens).values(row).onConflictDoNothing({ target: tokens.requestKey }).run();
      return meta.changes > 0;
    },

    /** One statement, so that of two at once one is the first. @returns false when a usable token of all rights is there */
    async addFirst({ id, hash, name, scopes, createdBy, createdAt }: TokenRow): Promise<boolean> {
      const isAdmin = sql`EXISTS (SELECT 1 FROM json_each(${tokens.scopes}) WHERE value = 'admin')`;
      const allRights = and(isAdmin, isNull(tokens.projects), isUsable(createdAt));
      const { meta } = await db.run(sql`
        INSERT INTO tokens (id, hash, name, scopes, created_by, created_at)
        SELECT ${id}, ${hash}, ${name}, ${JSON.stringify(scopes)}, ${createdBy}, ${createdAt}
        WHERE NOT EXISTS (SELECT 1 FROM ${tokens} WHERE ${allRights})`);
      return meta.changes > 0;
    },

    /** The first time counts. */
    async revoke(id: string, at: string, by: string): Promise<void> {
      await db
        .update(tokens)
        .set({ revokedAt: at, revokedBy: by })
        .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)))
        .run();
    },

    /** Never goes back: isolates note the same token's use in any order. */
    async noteUse(id: string, at: string): Promise<void> {
      const isEarlier = or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, at));
      await db
        .update(tokens)
        .set({ lastUsedAt: at })
        .where(and(eq(tokens.id, id), isEarlier))
        .run();
    },
  };
}

/** Times are texts of one form (`Date.toISOString`), so they compare as texts. */
function isUsable(at: string): SQL | undefined {
  return and(isNull(tokens.revokedAt), or(isNull(tokens.expiresAt), gt(tokens.expiresAt, at)));
}

function boundTo(of: Of): SQL | undefined {
  if (of === null) return undefined;
  const others = sql`SELECT 1 FROM json_each(${tokens.projects}) WHERE value NOT IN (SELECT value FROM json_each(${JSON.stringify(of)}))`;
  return and(isNotNull(tokens.projects), sql`NOT EXISTS (${others})`);
}
