/**
 * Stops asking who does not answer, so that a hanging object costs one request its deadline and not every request. One
 * request per pause is let through to see whether it is back.
 */
import { createBoundedMap } from "./bounded-map.ts";
import type { Clock } from "./ports.ts";

export interface Breaker {
  /** May it be asked now? A yes after a pause is a trial: until it ends, others get a no. */
  admits(key: string): boolean;
  succeeded(key: string): void;
  failed(key: string): void;
}

const FIRST_PAUSE_MS = 1_000;
/** Short enough that a flip made right after an outage is not missed for long; KV copies bridge the time. */
const MAX_PAUSE_MS = 8_000;
const MAX_KEYS = 10_000;

export function createBreaker(clock: Clock): Breaker {
  const broken = createBoundedMap<{ readonly failures: number; readonly pausedUntil: number }>(MAX_KEYS);

  return {
    admits(key) {
      const state = broken.get(key);
      if (!state) return true;
      const now = clock.now();
      if (now < state.pausedUntil) return false;
      broken.set(key, { ...state, pausedUntil: now + pauseAfter(state.failures) });
      return true;
    },
    succeeded(key) {
      broken.delete(key);
    },
    failed(key) {
      const failures = (broken.get(key)?.failures ?? 0) + 1;
      broken.set(key, { failures, pausedUntil: clock.now() + pauseAfter(failures) });
    },
  };
}

function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), MAX_PAUSE_MS);
}
