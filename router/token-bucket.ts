import type { Clock } from "./ports.ts";

/** Lets `capacity` through at once and `perSecond` in the long run. @returns a function that takes a token, if there is one */
export function createTokenBucket(capacity: number, perSecond: number, clock: Clock): () => boolean {
  let tokens = capacity;
  let filledAt = clock.now();

  return () => {
    const now = clock.now();
    tokens = Math.min(capacity, tokens + ((now - filledAt) / 1_000) * perSecond);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
