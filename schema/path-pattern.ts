/**
 * Patterns of paths and hosts in `_redirects` and `_headers`, as compiled: text, and named gaps. A gap takes one or more
 * characters of one segment; the one called `splat` takes anything, slashes and nothing at all too. The builder has seen to it
 * that a segment has one gap at most and a pattern one splat, so that matching takes no longer than the text is long.
 */
import * as z from "zod";

export const PatternPiece = z.union([
  z.string().min(1).max(2_000),
  z.strictObject({ gap: z.string().regex(/^[A-Za-z]\w{0,99}$/) }),
]);
export type PatternPiece = z.infer<typeof PatternPiece>;
export const Pattern = z.array(PatternPiece).max(200);
export type Pattern = readonly PatternPiece[];

export const SPLAT = "splat";

/** What the gaps took, by name. */
export type Taken = Readonly<Record<string, string>>;
export type Matcher = (text: string) => Taken | null;

const NOTHING: Taken = {};

/** The text of a pattern without gaps; null for one that has some. */
export function plainText(pattern: Pattern): string | null {
  return pattern.every((piece) => typeof piece === "string") ? pattern.join("") : null;
}

/** @param delimiter ends a segment: `/` in paths, `.` in hosts */
export function compilePattern(pattern: Pattern, delimiter: "/" | "."): Matcher {
  const text = plainText(pattern);
  if (text !== null) return (candidate) => (candidate === text ? NOTHING : null);
  const [first, second] = pattern;
  const start = typeof first === "string" ? first : "";
  const onlyGap = typeof first === "string" ? second : first;
  if (pattern.length === (start === "" ? 1 : 2) && typeof onlyGap === "object" && onlyGap.gap === SPLAT) {
    return (candidate) => (candidate.startsWith(start) ? { [SPLAT]: candidate.slice(start.length) } : null);
  }
  const expression = new RegExp(`^${pattern.map((piece) => toExpression(piece, delimiter)).join("")}$`, "su");
  return (candidate) => {
    // Most candidates fail here, without the expression.
    if (!candidate.startsWith(start)) return null;
    return expression.exec(candidate)?.groups ?? null;
  };
}

/** A target or a header's value: what was taken is escaped, so that it stays one piece of the address, and ASCII. */
export function fillPattern(pattern: Pattern, taken: Taken): string {
  return pattern.map((piece) => (typeof piece === "string" ? piece : escapeTaken(taken[piece.gap] ?? ""))).join("");
}

function escapeTaken(text: string): string {
  return encodeURIComponent(text).replaceAll("%2F", "/");
}

function toExpression(piece: PatternPiece, delimiter: string): string {
  if (typeof piece === "string") return piece.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return piece.gap === SPLAT ? "(?<splat>.*)" : `(?<${piece.gap}>[^${delimiter}]+)`;
}
