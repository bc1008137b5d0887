/**
 * Byte ranges (RFC 9110, 14). One range is answered with a part; several are answered with the whole, which the RFC allows
 * and which costs the same for two ranges as for a thousand.
 */

export type RangeReading =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly offset: number; readonly length: number }
  | { readonly kind: "unsatisfiable" };

const WHOLE: RangeReading = { kind: "whole" };
const ONE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;
/** Of a header that is looked at: one range of the longest numbers is far below. */
const MAX_HEADER_CHARS = 100;

/** @param size of the whole, in bytes. A range that is malformed, or of another unit, is as good as none. */
export function readRange(header: string | null, size: number): RangeReading {
  // Clients that always send `bytes=0-` mean an empty file too.
  if (header === null || header.length > MAX_HEADER_CHARS || size === 0) return WHOLE;
  const [, first, last] = ONE_RANGE.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return WHOLE;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? { kind: "unsatisfiable" } : { kind: "part", offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < offset) return WHOLE;
  return offset >= size ? { kind: "unsatisfiable" } : { kind: "part", offset, length: end - offset + 1 };
}
