const encoder = new TextEncoder();

/** MurmurHash3 x86 32 (Austin Appleby, public domain) with seed 0, over UTF-8. @returns an unsigned 32-bit integer */
export function murmur3(text: string): number {
  const bytes = encoder.encode(text);
  const tailStart = bytes.length & ~3;
  let hash = 0;
  for (let at = 0; at < tailStart; at += 4) {
    hash ^= scramble(littleEndian(bytes, at, 4));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= scramble(littleEndian(bytes, tailStart, bytes.length - tailStart));
  return finalise(hash ^ bytes.length);
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let word = 0;
  for (let i = count - 1; i >= 0; i--) word = (word << 8) | (bytes[at + i] ?? 0);
  return word;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** Every input bit reaches every output bit, which plain FNV-1a lacks. */
function finalise(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
