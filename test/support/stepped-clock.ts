/** A clock that moves when a test says so, and its timers with it. */
import type { Clock } from "../../router/ports.ts";

export interface SteppedClock extends Clock {
  /** Moves on, fires what falls due in order, and lets everything that was waiting for it run. */
  advance(ms: number): Promise<void>;
  /** Lets what is ready run, without moving. */
  settle(): Promise<void>;
}

export function createSteppedClock(startAt = Date.UTC(2026, 10, 23, 12)): SteppedClock {
  let now = startAt;
  const timers = new Set<{ readonly dueAt: number; readonly onTime: () => void }>();

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    now: () => now,
    startTimer(ms, onTime) {
      const timer = { dueAt: now + ms, onTime };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    settle,
    async advance(ms) {
      const until = now + ms;
      for (let next = nextDue(until); next; next = nextDue(until)) {
        now = next.dueAt;
        timers.delete(next);
        next.onTime();
        await settle();
      }
      now = until;
      await settle();
    },
  };

  function nextDue(until: number) {
    return [...timers].filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
  }
}
