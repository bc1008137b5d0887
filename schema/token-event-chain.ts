/** The chain of the events of tokens, made as that of a project's events. No text of one is a text of the other. */
import type { TokenEvent } from "./contracts/token-events.ts";
import type { Digest } from "./digest.ts";
import { findBrokenLink, sortedData } from "./event-chain.ts";

/** The text whose sha256 is an event's hash: its fields in this order. */
export function tokenEventText(event: Omit<TokenEvent, "hash">): string {
  const { previous, seq, at, type, token, actor, actorToken, reason, data } = event;
  return JSON.stringify(["token", previous, seq, at, type, token, actor, actorToken, reason, sortedData(data)]);
}

/** As `findBreak`. */
export function findTokenBreak(events: readonly TokenEvent[], previous: Digest): Promise<number | null> {
  return findBrokenLink(events, previous, tokenEventText);
}
