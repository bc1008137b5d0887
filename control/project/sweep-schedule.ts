/** When a project is swept: once a day, by an entry of its outbox that is due again and again. */
import type { Database } from "./database.ts";
import type { Identity } from "./identity.ts";
import { dequeue, enqueue, findEntry } from "./outbox.ts";
import { firstSweepAt } from "./outbox-plan.ts";

const SWEEP = "sweep";

/** A deleted project is not swept: it goes as a whole, or comes back as it was. */
export function scheduleSweeps(db: Database, { id, deletedAt }: Identity, now: number): void {
  if (deletedAt !== null) dequeue(db, SWEEP);
  else if (!findEntry(db, SWEEP)) enqueue(db, "sweep", SWEEP, null, firstSweepAt(id, now));
}
