/**
 * Whether a new project came into the directory. Its object is made first; the caller says how that went, unless he died or did not
 * hear of it. Then the object asks the directory itself, so that no project without a name stays for ever. Call both in a transaction.
 */
import type { Database } from "./database.ts";
import { dequeue, enqueue } from "./outbox.ts";

const CONFIRM = "confirm";
/** By then no insert of that request can still be under way. */
const CONFIRM_AFTER_MS = 10 * 60_000;

export function awaitDirectory(db: Database, now: number): void {
  enqueue(db, "confirm", CONFIRM, null, now + CONFIRM_AFTER_MS);
}

export function isInDirectory(db: Database): void {
  dequeue(db, CONFIRM);
}
