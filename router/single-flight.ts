/**
 * Requests that want the same thing at the same time share one piece of work. In workerd a promise belongs to the request
 * that made it: others may wait for it, but it never settles once that request is over. So the work is kept alive by
 * its maker, whoever joins must wait with a deadline of his own, and a flight that is too old is not joined.
 */
import { createBoundedMap } from "./bounded-map.ts";
import type { Clock, KeepAlive } from "./ports.ts";

export interface Flight<T> {
  readonly landing: Promise<T>;
  /** This request made the work; otherwise it had begun before. */
  readonly isOwn: boolean;
}

export interface SingleFlight<T> {
  join(key: string, start: () => Promise<T>): Flight<T>;
  isFlying(key: string): boolean;
}

/** More keys than that at one time means that sharing is the least of the worries. */
const MAX_FLIGHTS = 10_000;

export function createSingleFlight<T>(clock: Clock, keepAlive: KeepAlive, maxAgeMs: number): SingleFlight<T> {
  const flights = createBoundedMap<{ readonly landing: Promise<T>; readonly startedAt: number }>(MAX_FLIGHTS);

  return {
    join(key, start) {
      const current = flying(key);
      if (current) return { landing: current.landing, isOwn: false };
      const flight = { landing: start(), startedAt: clock.now() };
      flights.set(key, flight);
      const clear = () => {
        if (flights.get(key) === flight) flights.delete(key);
      };
      keepAlive(flight.landing.then(clear, clear));
      return { landing: flight.landing, isOwn: true };
    },
    isFlying: (key) => flying(key) !== null,
  };

  function flying(key: string) {
    const flight = flights.get(key);
    return flight && clock.now() - flight.startedAt < maxAgeMs ? flight : null;
  }
}
