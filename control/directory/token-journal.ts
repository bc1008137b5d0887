/**
 * The log of what happens to tokens, in the directory. A change and its event are one batch, which D1 does as one transaction, so that
 * neither is there without the other. Whoever writes has read the newest event, and its hash is in the text that he chains; two who have read
 * the same one want the same `seq`, which only the first gets: the batch of the second fails as a whole, and he begins anew.
 */
import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import type { EventData } from "../../schema/contracts/events.ts";
import type { ListTokenEvents, TokenEvent, TokenEventType } from "../../schema/contracts/token-events.ts";
import { sha256 } from "../../schema/digest.ts";
import { tokenEvents } from "../../schema/directory/tables.ts";
import { FIRST_PREVIOUS } from "../../schema/event-chain.ts";
import { tokenEventText } from "../../schema/token-event-chain.ts";
import { insertWhen } from "./insert-when.ts";

export type NewTokenEvent = {
  readonly at: string;
  readonly type: TokenEventType;
  /** To which it happens. */
  readonly token: string;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly data: EventData;
};

export type TokenChange = {
  readonly event: NewTokenEvent;
  /** Under which condition there is something to change. */
  readonly when: SQL;
  /** They change something under that condition alone. */
  readonly statements: readonly BatchItem<"sqlite">[];
  /** Whether this very change is made: asked when an answer was lost. */
  readonly done: SQL;
};

export type TokenEventQuery = Pick<ListTokenEvents, "order" | "type" | "token"> & {
  readonly behind: number | undefined;
  readonly limit: number;
};

/** Each time at least one of those who write at once gets through. */
const MAX_ATTEMPTS = 50;
const MAX_PAUSE_MS = 100;

export function tokenJournal(db: DrizzleD1Database) {
  return {
    /** @returns false when there was nothing to change */
    async record({ event, when, statements, done }: TokenChange): Promise<boolean> {
      for (let attempt = 1; ; attempt += 1) {
        const next = await chain(event);
        try {
          // First, as its condition is about the state before the change.
          const [recorded] = await db.batch([insertWhen(db, tokenEvents, next, when), ...statements]);
          return recorded.meta.changes > 0;
        } catch (cause) {
          if (await isTrue(done)) return true;
          if (attempt === MAX_ATTEMPTS || !(await isTaken(next.seq))) throw cause;
        }
        await pause(next.hash);
      }
    },

    async list({ order, type, token, behind, limit }: TokenEventQuery): Promise<TokenEvent[]> {
      const { seq } = tokenEvents;
      return db
        .select()
        .from(tokenEvents)
        .where(
          and(
            behind === undefined ? undefined : (order === "asc" ? gt : lt)(seq, behind),
            type && eq(tokenEvents.type, type),
            token ? eq(tokenEvents.token, token) : undefined,
          ),
        )
        .orderBy((order === "asc" ? asc : desc)(seq))
        .limit(limit)
        .all();
    },
  };

  async function chain({ actor, ...what }: NewTokenEvent): Promise<TokenEvent> {
    const { seq, hash } = tokenEvents;
    const last = await db.select({ seq, hash }).from(tokenEvents).orderBy(desc(seq)).limit(1).get();
    const event = {
      ...what,
      seq: (last?.seq ?? 0) + 1,
      // Half a surrogate pair does not outlive the store, and the hash must be of what is read back.
      actor: nameOf(actor).toWellFormed(),
      actorToken: tokenOf(actor),
      previous: last?.hash ?? FIRST_PREVIOUS,
    };
    return { ...event, hash: await sha256(tokenEventText(event)) };
  }

  async function isTaken(seq: number): Promise<boolean> {
    return isTrue(sql`EXISTS (SELECT 1 FROM ${tokenEvents} WHERE ${eq(tokenEvents.seq, seq)})`);
  }

  async function isTrue(condition: SQL): Promise<boolean> {
    return (await db.get<{ holds: number }>(sql`SELECT ${condition} AS holds`))?.holds === 1;
  }
}

/** Of a length that is another for each who writes: else the same ones meet again and again. */
async function pause(hash: string): Promise<void> {
  const share = Number.parseInt(hash.slice(0, 4), 16) / 2 ** 16;
  await new Promise((resolve) => setTimeout(resolve, share * MAX_PAUSE_MS));
}
