import type { ProjectId } from "../../schema/ids.ts";
import type { OUTBOX_KINDS } from "../../schema/project/tables.ts";
import { assertNever } from "../../schema/result.ts";

export type OutboxKind = (typeof OUTBOX_KINDS)[number];
export type OutboxState = { readonly kind: OutboxKind; readonly deliveries: number; readonly failures: number };

/** A put that was under way elsewhere may arrive late and win over a newer one, so the newest value is put again: in KV, and of a row. */
export const KV_REPEAT_MS = 90_000;
/** A run is told to go on until its deployment is settled, in case that it was lost on the way. */
export const START_REPEAT_MS = 5 * 60_000;
/** Every project is swept once a day. */
const SWEEP_REPEAT_MS = 24 * 60 * 60_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 60_000;

/** What becomes of an entry after a try: `null` when it is done, else when to try again. */
export function afterDelivery(
  entry: OutboxState,
  delivered: boolean,
  now: number,
): (OutboxState & { dueAt: number }) | null {
  if (!delivered) {
    const wait = Math.min(FIRST_RETRY_MS * 2 ** entry.failures, MAX_RETRY_MS);
    return { ...entry, failures: entry.failures + 1, dueAt: now + wait };
  }
  const next = { kind: entry.kind, deliveries: entry.deliveries + 1, failures: 0 };
  switch (entry.kind) {
    case "kv":
    case "project":
      return next.deliveries < 2 ? { ...next, dueAt: now + KV_REPEAT_MS } : null;
    case "start":
      return { ...next, dueAt: now + START_REPEAT_MS };
    case "sweep":
      return { ...next, dueAt: now + SWEEP_REPEAT_MS };
    case "confirm":
    case "index":
    case "stop":
    case "webhook":
    case "traffic":
      return null;
    // Until there is no outbox any more.
    case "purge":
      return { ...next, dueAt: now };
    default:
      return assertNever(entry.kind);
  }
}

/** When a project is swept first: by its id at any moment of the day to come, so that no two waves of projects are swept at once. */
export function firstSweepAt(project: ProjectId, now: number): number {
  // The last digits of a UUID are random.
  return now + (Number.parseInt(project.slice(-8), 16) / 2 ** 32) * SWEEP_REPEAT_MS;
}
