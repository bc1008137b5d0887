import { createHash } from "node:crypto";
import { and, asc, desc, eq, gt, lt } from "drizzle-orm";
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import type { EventData, EventType, ListEvents, ProjectEvent } from "../../schema/contracts/events.ts";
import { type Digest, toDigest } from "../../schema/digest.ts";
import { eventText, FIRST_PREVIOUS } from "../../schema/event-chain.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import { events } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import { enqueueForWebhooks } from "./webhook-outbox.ts";

/** Of the events that are written now. */
const CHAIN_VERSION = 2;

type NewEvent = {
  readonly at: string;
  readonly type: EventType;
  readonly actor: Actor;
  readonly channel?: Channel;
  readonly deployment?: DeploymentId;
  /** Why, in the words of who did it. */
  readonly reason?: string | null;
  readonly data?: EventData;
};

/** Appends to the project's event log, and tells the webhooks. Call it in the transaction of the change it tells of. */
export function recordEvent(db: Database, { actor, channel, deployment, reason, data, ...what }: NewEvent): void {
  const last = db.select({ seq: events.seq, hash: events.hash }).from(events).orderBy(desc(events.seq)).limit(1).get();
  const event: Omit<ProjectEvent, "hash"> = {
    ...what,
    // Half a surrogate pair does not outlive the store, and the hash must be of what is read back.
    actor: nameOf(actor).toWellFormed(),
    actorToken: tokenOf(actor),
    version: CHAIN_VERSION,
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

export function readEvents(db: Database, query: ListEvents): ProjectEvent[] {
  const { order, after, before, limit, type, channel, deployment } = query;
  return db
    .select()
    .from(events)
    .where(
      and(
        gt(events.seq, after),
        before === undefined ? undefined : lt(events.seq, before),
        type && eq(events.type, type),
        channel && eq(events.channel, channel),
        deployment && eq(events.deployment, deployment),
      ),
    )
    .orderBy(order === "asc" ? asc(events.seq) : desc(events.seq))
    .limit(limit)
    .all();
}

/** Without a promise: a transaction can not wait for `crypto.subtle`. */
function hashNow(text: string): Digest {
  return toDigest(createHash("sha256").update(text).digest());
}
