/**
 * How much one API token may change in this project, so that it can not keep the object busy for everybody else. Kept in
 * memory: an object that was evicted was not busy.
 */
import { keepNewest } from "../keep-newest.ts";
import { type Bucket, type BucketSize, fullBucket, takeToken } from "./token-bucket.ts";

/** Only tokens of this project come here. One that is dropped begins with a full bucket. */
const MAX_BUCKETS = 1_000;

/** @returns a function that says how many milliseconds a token must wait for its next change; 0 when it may go on */
export function createChangeLimit(size: BucketSize): (token: string, now: number) => number {
  const buckets = new Map<string, Bucket>();

  return (token, now) => {
    const { bucket, waitMs } = takeToken(buckets.get(token) ?? fullBucket(size, now), size, now);
    keepNewest(buckets, token, bucket, MAX_BUCKETS);
    return waitMs;
  };
}
