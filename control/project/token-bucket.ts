/** A bucket of tokens: `capacity` at once, `perSecond` in the long run. */
export type BucketSize = { readonly capacity: number; readonly perSecond: number };
export type Bucket = { readonly tokens: number; readonly filledAt: number };

export function fullBucket({ capacity }: BucketSize, now: number): Bucket {
  return { tokens: capacity, filledAt: now };
}

/** Sums of fractions fall short of one by less than this. */
const ROUNDING = 1e-6;

/** Takes one, if there is one. @returns the bucket afterwards, and in how many milliseconds there is one; 0 when it was taken */
export function takeToken(bucket: Bucket, { capacity, perSecond }: BucketSize, now: number) {
  // A clock that was set back fills nothing, and takes nothing away.
  const elapsedMs = Math.max(0, now - bucket.filledAt);
  const tokens = Math.min(capacity, bucket.tokens + (elapsedMs / 1_000) * perSecond);
  const lacking = 1 - tokens - ROUNDING;
  if (lacking <= 0) return { bucket: { tokens: Math.max(0, tokens - 1), filledAt: now }, waitMs: 0 };
  return { bucket: { tokens, filledAt: now }, waitMs: Math.ceil((lacking / perSecond) * 1_000) };
}
