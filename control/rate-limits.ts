/**
 * The rate limiters in front of the API: counters of the place where a request arrives, so they bound what one client costs
 * there. Their figures stand in `wrangler.toml`. A limiter that fails lets through: it protects the API, it is not its lock.
 */
export type RateLimits = {
  /** @returns whether one more request of this token fits */
  admitRequest(token: string): Promise<boolean>;
  /** @returns whether one more failed authentication of this network fits */
  admitFailure(network: string): Promise<boolean>;
};

/** `period` of the limiters in `wrangler.toml`. After it a refused client fits again, which is what Retry-After says. */
export const LIMIT_PERIOD_SECONDS = 10;

export function createRateLimits(requests: RateLimit, failures: RateLimit): RateLimits {
  return {
    admitRequest: (token) => admit(requests, token),
    admitFailure: (network) => admit(failures, network),
  };
}

async function admit(limiter: RateLimit, key: string): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success;
  } catch (error) {
    console.error(JSON.stringify({ event: "api.limiter", error: String(error) }));
    return true;
  }
}
