/** From when on an announcement protects: pure arithmetic on times in milliseconds since the epoch. */

/**
 * Writing every announcement down would cost a row write per blob and deploy, so one that is repeated within a quarter of
 * the grace period is not: a row's `touchedAt` may be that much behind.
 */
export function touchLag(graceMs: number): number {
  return graceMs / 4;
}

/**
 * What was announced at or after the returned moment is safe from a sweep that marks at `now`. That is the grace period
 * less the lag; and never later than the oldest deployment still in progress, which relies on what it announced for as
 * long as it takes. The lag taken off there again is for a clock that stepped back between its creation and its announcements.
 */
export function protectedSince(now: number, graceMs: number, oldestInProgress: number | null): number {
  const lag = touchLag(graceMs);
  return Math.min(now - (graceMs - lag), (oldestInProgress ?? Number.POSITIVE_INFINITY) - lag);
}

/** Only rows and objects from before this moment may be condemned. */
export function condemnableBefore(since: number, graceMs: number): number {
  return since - touchLag(graceMs);
}
