import type { OUTBOX_KINDS } from "../../schema/project/tables.ts";

export type OutboxKind = (typeof OUTBOX_KINDS)[number];
export type OutboxState = { readonly kind: OutboxKind; readonly deliveries: number; readonly failures: number };

/** A put that was under way elsewhere may arrive late and win over a newer one, so the newest value is put again. */
export const KV_REPEAT_MS = 90_000;
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
  const deliveries = entry.deliveries + 1;
  const wanted = entry.kind === "kv" ? 2 : 1;
  if (deliveries >= wanted) return null;
  return { kind: entry.kind, deliveries, failures: 0, dueAt: now + KV_REPEAT_MS };
}
