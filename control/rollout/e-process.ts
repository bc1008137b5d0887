/**
 * How strongly counts speak against "hits come by chance alone", at any moment and as often as one looks. An e-process:
 * a bet that pays 1 on average if chance alone is at work, so that it ever reaches N at most once in N rollouts (Ville).
 * It mixes bets on several rises; their shares are ours to choose, as any mix of fair bets is fair.
 *
 * Only totals count: the order in which they came in, and how they were cut into windows, changes nothing.
 */

/** Events of which each is a hit with a known chance, if chance alone is at work. */
export type Trials = { readonly chance: number; readonly hits: number; readonly misses: number };

/**
 * How many times the odds of a hit may have risen, and which share of the stake bets on it. Most of it is on rises that
 * break a product; those of 1.25 and 1.5 need so many events that a late start costs them little. The shares are binary
 * fractions: without events the result is exactly 0.
 */
const RISES = [
  { rise: 1.25, share: 1 / 32 },
  { rise: 1.5, share: 1 / 32 },
  { rise: 2, share: 8 / 32 },
  { rise: 4, share: 12 / 32 },
  { rise: 10, share: 8 / 32 },
  { rise: 30, share: 2 / 32 },
] as const;

/** @returns the natural logarithm of the e-value: 0 says nothing, ln(1 000) is odds of 1 000 to 1 against chance. */
export function logEvidence(trials: readonly Trials[]): number {
  const told = trials.filter(({ chance }) => chance > 0 && chance < 1);
  if (told.length === 0) return 0;
  const bets = RISES.map(({ rise, share }) => ({ share, log: logBet(told, rise) }));
  // The largest is taken out first, or the sum would overflow.
  const largest = Math.max(...bets.map(({ log }) => log));
  return largest + Math.log(bets.reduce((sum, { share, log }) => sum + share * Math.exp(log - largest), 0));
}

/** With a rise of r a hit has the chance rc / (1 + c(r - 1)): the logarithm of how much likelier that makes what was seen. */
function logBet(trials: readonly Trials[], rise: number): number {
  let hits = 0;
  let log = 0;
  for (const trial of trials) {
    hits += trial.hits;
    log -= (trial.hits + trial.misses) * Math.log(1 + trial.chance * (rise - 1));
  }
  return log + hits * Math.log(rise);
}
