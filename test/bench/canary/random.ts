/**
 * Draws for the simulator. sfc32, because billions are drawn: the tests' own generator has a period of 2^32, and a run
 * would meet its own past.
 */
export type Draws = {
  /** In [0, 1). */
  uniform(): number;
  /** A whole number in [0, below). */
  index(below: number): number;
  normal(): number;
  /** Above a mean of 64 by the normal approximation. */
  poisson(mean: number): number;
  /** Exact: one draw per trial. */
  binomial(trials: number, chance: number): number;
};

const WARM_UP = 12;
const APPROXIMATE_FROM = 64;

/** Independent streams for different seeds, each two words. */
export function createDraws(seed: number, stream: number): Draws {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  for (let n = 0; n < WARM_UP; n++) word();
  return { uniform, index: (below) => Math.floor(uniform() * below), normal, poisson, binomial };

  function word(): number {
    const out = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + out) | 0;
    return out;
  }

  function uniform(): number {
    return (word() >>> 0) / 2 ** 32;
  }

  function normal(): number {
    return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  function poisson(mean: number): number {
    if (mean > APPROXIMATE_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const enough = Math.exp(-mean);
    let count = 0;
    for (let product = uniform(); product > enough; product *= uniform()) count++;
    return count;
  }

  function binomial(trials: number, chance: number): number {
    let hits = 0;
    for (let n = 0; n < trials; n++) if (uniform() < chance) hits++;
    return hits;
  }
}
