/** Repeats what may succeed the next time: exponential backoff with full jitter, so that many clients do not return in step. */
import { setTimeout as sleep } from "node:timers/promises";

/** Times in milliseconds. `random` is in [0, 1). */
export type RetryPolicy = {
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly random: () => number;
};

export const STORAGE_RETRIES: RetryPolicy = { attempts: 6, baseMs: 100, maxMs: 5_000, random: Math.random };

export async function withRetries<T>(
  policy: RetryPolicy,
  isTransient: (error: unknown) => boolean,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= policy.attempts || !isTransient(error)) throw error;
      await sleep(retryDelayMs(policy, attempt), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** The wait after the given failed attempt (1 for the first). */
export function retryDelayMs({ baseMs, maxMs, random }: RetryPolicy, attempt: number): number {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1)));
}
