/** What the edge has copies of: a project's host name, and the route record of each open channel. Call all in a transaction. */
import { isNull } from "drizzle-orm";
import { appHostname, PRODUCTION } from "../../schema/hostname.ts";
import { hostKey, routeKey } from "../../schema/keys.ts";
import { routes } from "../../schema/project/tables.ts";
import type { HostRecord } from "../../schema/route-record.ts";
import type { Database } from "./database.ts";
import type { Identity } from "./identity.ts";
import { enqueue } from "./outbox.ts";

type Owner = Pick<Identity, "id" | "slug">;

export function announceHost(db: Database, { id, slug }: Owner, appsDomain: string, now: number): void {
  const record: HostRecord = { version: 1, project: id };
  enqueue(db, "kv", hostKey(appHostname(slug, PRODUCTION, appsDomain)), record, now);
}

export function putCopies(db: Database, owner: Owner, appsDomain: string, now: number): void {
  announceHost(db, owner, appsDomain, now);
  for (const { channel, record } of openRoutes(db)) enqueue(db, "kv", routeKey(owner.id, channel), record, now);
}

/** Null is the value of a copy that is to be no more. */
export function withdrawCopies(db: Database, owner: Owner, appsDomain: string, now: number): void {
  enqueue(db, "kv", hostKey(appHostname(owner.slug, PRODUCTION, appsDomain)), null, now);
  for (const { channel } of openRoutes(db)) enqueue(db, "kv", routeKey(owner.id, channel), null, now);
}

function openRoutes(db: Database) {
  return db.select().from(routes).where(isNull(routes.closedAt)).all();
}
