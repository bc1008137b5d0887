/**
 * Failed authentications, counted by client network: each unknown token costs a look at the directory. A network that failed
 * too often is refused before that look, for as long as the limiter's period; tokens that were good here before go on.
 */
import { keepNewest } from "../keep-newest.ts";
import { LIMIT_PERIOD_SECONDS, type RateLimits } from "../rate-limits.ts";

const MAX_NETWORKS = 2_000;

export type FailedAttempts = ReturnType<typeof createFailedAttempts>;

export function createFailedAttempts() {
  const blockedUntil = new Map<string, number>();

  return {
    isBlocked: (network: string, now: number): boolean => (blockedUntil.get(network) ?? 0) > now,

    /** @returns whether this one was one too many */
    async count(limits: RateLimits, network: string, now: number): Promise<boolean> {
      if (await limits.admitFailure(network)) return false;
      keepNewest(blockedUntil, network, now + LIMIT_PERIOD_SECONDS * 1_000, MAX_NETWORKS);
      return true;
    },
  };
}
