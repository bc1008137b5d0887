/** The Mann-Whitney test as Kayenta asks it: how far the first sample lies above the second, with a 98 % interval. */
export type Comparison = {
  /** Lower end of the interval. */
  readonly lower: number;
  /** Hodges and Lehmann's estimate. */
  readonly shift: number;
};

/** The normal quantile of a 98 % interval. */
const QUANTILE = 2.326;
const TOLERANCE = 1e-4;

export function compareSamples(x: readonly number[], y: readonly number[]): Comparison {
  const from = Math.min(...x) - Math.max(...y);
  const to = Math.max(...x) - Math.min(...y);
  return { lower: root(QUANTILE), shift: root(0) };

  /** Where the statistic, which falls, comes down to a value. */
  function root(value: number): number {
    if (statistic(x, y, from) <= value) return from;
    if (statistic(x, y, to) >= value) return to;
    let [low, high] = [from, to];
    while (high - low > TOLERANCE) {
      const middle = (low + high) / 2;
      if (statistic(x, y, middle) > value) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }
}

/** The standardised rank sum of x moved by `shift`, with corrections for continuity and ties. */
function statistic(x: readonly number[], y: readonly number[], shift: number): number {
  const [m, n] = [x.length, y.length];
  const pool = Float64Array.from([...x.map((value) => value - shift), ...y]).sort();
  let above = 0;
  for (const value of x) {
    for (const other of y) above += value - shift > other ? 1 : value - shift === other ? 0.5 : 0;
  }
  const distance = above - (m * n) / 2;
  const correction = 1 - tieSum(pool) / ((m + n) ** 3 - (m + n));
  const variance = ((m * n) / 12) * (m + n + 1) * correction;
  return variance === 0 ? 0 : (distance - 0.5 * Math.sign(distance)) / Math.sqrt(variance);
}

/** t^3 - t over all groups of t equal values. */
function tieSum(sorted: Float64Array): number {
  let sum = 0;
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    sum += (end - start) ** 3 - (end - start);
  }
  return sum;
}
