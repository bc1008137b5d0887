/** The value below which the share `p` of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(p * sorted.length));
  const value = sorted[rank - 1];
  if (value === undefined) throw new Error("no samples");
  return value;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** From the smallest to the largest sample. */
export function spread(samples: readonly number[]): number {
  return Math.max(...samples) - Math.min(...samples);
}

/** Rounded to what a measurement on a shared machine can mean. */
export function figure(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}
