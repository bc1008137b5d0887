/**
 * Finds many patterns in a buffer in one pass (Wu and Manber, 1994): it looks at blocks of three bytes and leaps over all that can
 * not end a window of any pattern, so that more patterns cost little.
 */
const BLOCK = 3;
const TABLE_BITS = 18;
/** Longer windows leap no further than a byte can say. */
const MAX_WINDOW = 64;
const NONE = -1;

export type PatternSearch = {
  /** In bytes; 0 when there are no patterns. */
  readonly longest: number;
  /** Tells of every occurrence, also of those that overlap, by where they begin. `pattern` is its index. */
  find(bytes: Uint8Array, onMatch: (pattern: number, start: number) => void): void;
};

/** @param patterns of at least `BLOCK` bytes each */
export function createPatternSearch(patterns: readonly Uint8Array[]): PatternSearch {
  const shortest = patterns.reduce((least, { length }) => Math.min(least, length), MAX_WINDOW);
  if (shortest < BLOCK) throw new Error(`a pattern has less than ${BLOCK} bytes`);
  const longest = patterns.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest === 0) return { longest, find: () => {} };
  const leaps = new Uint8Array(1 << TABLE_BITS).fill(shortest - BLOCK + 1);
  /** The last pattern whose window ends with a block, and for each pattern the one before it. */
  const heads = new Int32Array(1 << TABLE_BITS).fill(NONE);
  const chain = new Int32Array(patterns.length).fill(NONE);
  for (const [index, pattern] of patterns.entries()) {
    for (let end = BLOCK; end <= shortest; end += 1) {
      const block = blockBefore(pattern, end);
      leaps[block] = Math.min(leaps[block] ?? 0, shortest - end);
      if (end < shortest) continue;
      chain[index] = heads[block] ?? NONE;
      heads[block] = index;
    }
  }

  function find(bytes: Uint8Array, onMatch: (pattern: number, start: number) => void): void {
    for (let end = shortest; end <= bytes.length; ) {
      const block = blockBefore(bytes, end);
      const leap = leaps[block] as number;
      if (leap > 0) {
        end += leap;
        continue;
      }
      const start = end - shortest;
      for (let index = heads[block] as number; index !== NONE; index = chain[index] as number) {
        if (startsAt(bytes, start, patterns[index] as Uint8Array)) onMatch(index, start);
      }
      end += 1;
    }
  }

  return { longest, find };
}

/** The three bytes before `end`, of each the six bits that tell most. */
function blockBefore(bytes: Uint8Array, end: number): number {
  const first = (bytes[end - 3] as number) & 63;
  const second = (bytes[end - 2] as number) & 63;
  return (first << 12) | (second << 6) | ((bytes[end - 1] as number) & 63);
}

function startsAt(bytes: Uint8Array, start: number, pattern: Uint8Array): boolean {
  if (start + pattern.length > bytes.length) return false;
  for (let index = 0; index < pattern.length; index += 1) {
    if (bytes[start + index] !== pattern[index]) return false;
  }
  return true;
}
