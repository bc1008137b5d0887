/**
 * The chain of a project's events. Each one's hash covers its own content and the hash before it, so that whoever has kept one hash
 * can tell whether anything up to there was changed, put in or taken out.
 */
import type { EventData, ProjectEvent } from "./contracts/events.ts";
import { type Digest, sha256 } from "./digest.ts";
import { assertNever } from "./result.ts";

export const FIRST_PREVIOUS = "0".repeat(64) as Digest;

/**
 * The text whose sha256 is an event's hash: its fields in this order. No text of one version is one of the other: the first begins with
 * a hash, the second with a number.
 */
export function eventText(event: Omit<ProjectEvent, "hash">): string {
  const { version, previous, seq, at, type, actor, actorToken, channel, deployment, reason, data } = event;
  const sorted = sortedData(data);
  switch (version) {
    case 1:
      return JSON.stringify([previous, seq, at, type, actor, channel, deployment, reason, sorted]);
    case 2:
      return JSON.stringify([2, previous, seq, at, type, actor, actorToken, channel, deployment, reason, sorted]);
    default:
      return assertNever(version);
  }
}

/** In the order of the names, whatever the order in which they were written. */
export function sortedData(data: EventData): [string, EventData[string]][] {
  return Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * @param events without gaps, oldest first
 * @param previous the hash of the event before the first one
 * @returns the `seq` of the first event that does not fit; null when all do
 */
export function findBreak(events: readonly ProjectEvent[], previous: Digest): Promise<number | null> {
  // The first version's text does not hold the token: one that stands there was written in afterwards.
  const textOf = (event: ProjectEvent) => (event.version === 1 && event.actorToken !== null ? null : eventText(event));
  return findBrokenLink(events, previous, textOf);
}

type Link = { readonly seq: number; readonly previous: Digest; readonly hash: Digest };

/** @param textOf what an event's hash is of; null for an event that can not be */
export async function findBrokenLink<E extends Link>(
  events: readonly E[],
  previous: Digest,
  textOf: (event: E) => string | null,
): Promise<number | null> {
  let expected = previous;
  let seq = events[0]?.seq ?? 0;
  for (const event of events) {
    const text = textOf(event);
    const isNext = event.seq === seq && event.previous === expected;
    if (text === null || !isNext || event.hash !== (await sha256(text))) return event.seq;
    expected = event.hash;
    seq += 1;
  }
  return null;
}
