import { asc, gt } from "drizzle-orm";
import type { EventType, ProjectEvent } from "../../schema/contracts/events.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import { events } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";

type NewEvent = {
  readonly at: string;
  readonly type: EventType;
  readonly actor: string;
  readonly channel?: Channel;
  readonly deployment?: DeploymentId;
  readonly data?: Record<string, string | number | boolean | null>;
};

/** Appends to the project's event log. Call it in the transaction of the change it tells of. */
export function recordEvent(db: Database, { channel, deployment, data, ...event }: NewEvent): void {
  db.insert(events)
    .values({ ...event, channel: channel ?? null, deployment: deployment ?? null, data: data ?? {} })
    .run();
}

export function readEvents(db: Database, after: number, limit: number): ProjectEvent[] {
  return db.select().from(events).where(gt(events.seq, after)).orderBy(asc(events.seq)).limit(limit).all();
}
