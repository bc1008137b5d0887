/** API tokens in the directory. A row stays after its token was revoked: history names who acted. Each change is told in the tokens' own log. */
import { and, count, desc, eq, gt, isNotNull, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import type { ListTokens } from "../../schema/contracts/tokens.ts";
import type { Digest } from "../../schema/digest.ts";
import { tokens } from "../../schema/directory/tables.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { insertWhen } from "./insert-when.ts";
import { tokenJournal } from "./token-journal.ts";

export type TokenRow = typeof tokens.$inferSelect;

/** Where a page of tokens begins: behind this one, in the order of creation, newest first. */
export type TokenPosition = { readonly createdAt: string; readonly id: string };

/** Null: all tokens. Else those that are bound to no other projects than these. */
type Of = readonly ProjectId[] | null;

/** Which tokens a list is of. */
export type TokenFilters = Pick<ListTokens, "project"> & {
  readonly of: Of;
  /** Only those that are usable then. */
  readonly usableAt: string | undefined;
};

/** Who changes something, and why. */
type By = { readonly actor: Actor; readonly reason: string | null };

export function tokenQueries(db: DrizzleD1Database) {
  const { record, list: listEvents } = tokenJournal(db);
  return {
    listEvents,

    async find(id: string): Promise<TokenRow | null> {
      return (await db.select().from(tokens).where(eq(tokens.id, id)).get()) ?? null;
    },

    async findByRequest(key: string): Promise<TokenRow | null> {
      return (await db.select().from(tokens).where(eq(tokens.requestKey, key)).get()) ?? null;
    },

    async list(query: TokenFilters & { after: TokenPosition | undefined; limit: number }): Promise<TokenRow[]> {
      const { of, project, usableAt, after, limit } = query;
      const behind =
        after &&
        or(lt(tokens.createdAt, after.createdAt), and(eq(tokens.createdAt, after.createdAt), lt(tokens.id, after.id)));
      return db
        .select()
        .from(tokens)
        .where(
          and(
            behind,
            boundTo(of),
            project && sql`EXISTS (SELECT 1 FROM json_each(${tokens.projects}) WHERE value = ${project})`,
            usableAt === undefined ? undefined : isUsable(usableAt),
          ),
        )
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
    async add(row: TokenRow, by: By): Promise<boolean> {
      const { requestKey } = row;
      return record({
        event: { ...describe(row, by), type: "token.created" },
        when: requestKey === null ? sql`true` : not(isThere(eq(tokens.requestKey, requestKey))),
        statements: [db.insert(tokens).values(row).onConflictDoNothing({ target: tokens.requestKey })],
        done: isThere(eq(tokens.hash, row.hash)),
      });
    },

    /** One batch, so that of two at once one is the first. @returns false when a usable token of all rights is there */
    async addFirst(row: TokenRow, by: By): Promise<boolean> {
      const { hash, createdAt, requestKey } = row;
      const isAdmin = sql`EXISTS (SELECT 1 FROM json_each(${tokens.scopes}) WHERE value = 'admin')`;
      const isFirst = not(isThere(and(isAdmin, isNull(tokens.projects), isUsable(createdAt))));
      return record({
        event: { ...describe(row, by), type: "token.bootstrapped" },
        when: isFirst,
        statements: [
          // The same request has made a token before that is revoked by now: it is that request's no more.
          db
            .update(tokens)
            .set({ requestKey: null })
            .where(and(eq(tokens.requestKey, requestKey ?? ""), isFirst)),
          insertWhen(db, tokens, row, isFirst),
        ],
        done: isThere(eq(tokens.hash, hash)),
      });
    },

    /** Puts a fresh secret in the place of one that nobody has used. @returns false when somebody has, or it was revoked */
    async reissue(row: TokenRow, hash: Digest, by: By & { readonly at: string }): Promise<boolean> {
      const { id } = row;
      const isUnused = and(eq(tokens.id, id), isNull(tokens.lastUsedAt), isNull(tokens.revokedAt));
      return record({
        event: { ...by, token: id, type: "token.reissued", data: { name: row.name } },
        when: isThere(isUnused),
        statements: [db.update(tokens).set({ hash }).where(isUnused)],
        done: isThere(eq(tokens.hash, hash)),
      });
    },

    /** The first time counts. */
    async revoke({ id, name }: TokenRow, { at, actor, reason }: By & { readonly at: string }): Promise<void> {
      const isUsed = and(eq(tokens.id, id), isNull(tokens.revokedAt));
      const revokedBy = { revokedAt: at, revokedBy: nameOf(actor), revokedByToken: tokenOf(actor) };
      await record({
        event: { at, actor, reason, token: id, type: "token.revoked", data: { name } },
        when: isThere(isUsed),
        statements: [db.update(tokens).set(revokedBy).where(isUsed)],
        done: isThere(and(eq(tokens.id, id), isNotNull(tokens.revokedAt))),
      });
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

/** What is told of a token that is made. */
function describe({ id, name, scopes, projects, createdAt, expiresAt }: TokenRow, by: By) {
  const data = { name, scopes: scopes.join(","), projects: projects?.join(",") ?? null, expiresAt };
  return { ...by, token: id, at: createdAt, data };
}

function isThere(which: SQL | undefined): SQL {
  return sql`EXISTS (SELECT 1 FROM ${tokens} WHERE ${which})`;
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
