/**
 * How many distinct visitors there were, in 16 KB whatever their number (HyperLogLog, Flajolet et al. 2007): the standard
 * error is 0.8 %, and below some 40 000 visitors less. Telling it of a visitor again changes nothing.
 */
const INDEX_BITS = 14;
const REGISTERS = 1 << INDEX_BITS;
const RANK_BITS = 32 - INDEX_BITS;
/** The constant of the paper for this many registers. */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

export type VisitorSketch = Uint8Array<ArrayBuffer>;

export function createSketch(): VisitorSketch {
  return new Uint8Array(REGISTERS);
}

/** @param visitor an unsigned 32-bit hash. @returns whether that changed anything */
export function addVisitor(sketch: VisitorSketch, visitor: number): boolean {
  const index = visitor >>> RANK_BITS;
  // Of the other bits: how many zeros lead, and one.
  const rank = Math.min(Math.clz32(visitor << INDEX_BITS), RANK_BITS) + 1;
  if (rank <= (sketch[index] ?? 0)) return false;
  sketch[index] = rank;
  return true;
}

export function countVisitors(sketch: VisitorSketch): number {
  let sum = 0;
  let empty = 0;
  for (const rank of sketch) {
    sum += 2 ** -rank;
    if (rank === 0) empty += 1;
  }
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
  // Few visitors are counted better by the registers that nobody has touched.
  if (raw <= 2.5 * REGISTERS && empty > 0) return Math.round(REGISTERS * Math.log(REGISTERS / empty));
  // Among 2^32 hashes, many visitors share one.
  return Math.round(raw <= 2 ** 32 / 30 ? raw : -(2 ** 32) * Math.log(1 - raw / 2 ** 32));
}
