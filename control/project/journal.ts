import { createHash } from "node:crypto";
import { and, asc, desc, eq, gt } from "drizzle-orm";
import type { EventType, ListEvents, ProjectEvent } from "../../schema/contracts/events.ts";
import { type Digest, toDigest } from "../../schema/digest.ts";
import { eventText, FIRST_PREVIOUS } from "../../schema/event-chain.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import { events } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import { enqueueForWebhooks } from "./webhook-outbox.ts";

type NewEvent = {
  readonly at: string;
  readonly type: EventType;
  readonly actor: string;
  readonly channel?: Channel;
  readonly deployment?: DeploymentId;
  /** Why, in the words of who did it. */
  readonly reason?: string | null;
  readonly data?: Record<string, string | number | boolean | null>;
};

/** Appends to the project's event log, and tells the webhooks. Call it in the transaction of the change it tells of. */
export function recordEvent(db: Database, { channel, deployment, reason, data, ...what }: NewEvent): void {
  const last = db.select({ seq: events.seq, hash: events.hash }).from(events).orderBy(desc(events.seq)).limit(1).get();
  const event = {
    ...what,
    // Half a surrogate pair does not outlive the store, and the hash must be of what is read back.
    actor: what.actor.toWellFormed(),
    seq: (last?.seq ?? 0) + 1,
    channel: channel ?? null,
    deployment: deployment ?? null,
    reason: reason?.toWellFormed() ?? null,
    data: data ?? {},
    previous: last?.hash || FIRST_PREVIOUS,
  };
  const recorded = { ...event, hash: hashNow(eventText(event)) };
  db.insert(events).values(recorded).run();
  enqueueForWebhooks(db, recorded);
}

/** Oldest first. */
export function readEvents(db: Database, { after, limit, type, channel, deployment }: ListEvents): ProjectEvent[] {
  return db
    .select()
    .from(events)
    .where(
      and(
        gt(events.seq, after),
        type && eq(events.type, type),
        channel && eq(events.channel, channel),
        deployment && eq(events.deployment, deployment),
      ),
    )
    .orderBy(asc(events.seq))
    .limit(limit)
    .all();
}

/** Without a promise: a transaction can not wait for `crypto.subtle`. */
function hashNow(text: string): Digest {
  return toDigest(createHash("sha256").update(text).digest());
}
