import { err, ok, type Result } from "../schema/result.ts";
import type { Clock } from "./ports.ts";

export type Missed = { readonly reason: "deadline" } | { readonly reason: "error"; readonly cause: unknown };

/** Waits for work no longer than `ms`. The work itself goes on: nothing can call off a remote call. Never throws. */
export function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>): Promise<Result<T, Missed>> {
  return new Promise((resolve) => {
    const callOff = clock.startTimer(ms, () => resolve(err({ reason: "deadline" })));
    work.then(
      (value) => {
        callOff();
        resolve(ok(value));
      },
      (cause: unknown) => {
        callOff();
        resolve(err({ reason: "error", cause }));
      },
    );
  });
}
