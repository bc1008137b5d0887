/**
 * The chain of a project's events. Each one's hash covers its own content and the hash before it, so that whoever has kept one hash
 * can tell whether anything up to there was changed, put in or taken out.
 */
import type { ProjectEvent } from "./contracts/events.ts";
import { type Digest, sha256 } from "./digest.ts";

export const FIRST_PREVIOUS = "0".repeat(64) as Digest;

/** The text whose sha256 is an event's hash: its fields in this order, the names in `data` sorted. */
export function eventText(event: Omit<ProjectEvent, "hash">): string {
  const { previous, seq, at, type, actor, channel, deployment, reason, data } = event;
  const sorted = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([previous, seq, at, type, actor, channel, deployment, reason, sorted]);
}

/**
 * @param events without gaps, oldest first
 * @param previous the hash of the event before the first one
 * @returns the `seq` of the first event that does not fit; null when all do
 */
export async function findBreak(events: readonly ProjectEvent[], previous: Digest): Promise<number | null> {
  let expected = previous;
  let seq = events[0]?.seq ?? 0;
  for (const event of events) {
    const fits = event.seq === seq && event.previous === expected && event.hash === (await sha256(eventText(event)));
    if (!fits) return event.seq;
    expected = event.hash;
    seq += 1;
  }
  return null;
}
