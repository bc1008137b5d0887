/** The text of a pattern or target, in the syntax of `_redirects` and `_headers`, as pieces. */
import { type PatternPiece, SPLAT } from "../../schema/path-pattern.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import { readPath } from "../../schema/url-path.ts";

/** `*`, or `:name`. */
const GAP = /\*|:[A-Za-z]\w*/g;

/** @param text begins with a slash. @returns pieces of the path as `readPath` gives it, or what is wrong with it */
export function parsePathPattern(text: string): Result<PatternPiece[], string> {
  if (/[?#]/.test(text)) return err("a path to match has no query and no fragment");
  return parsePattern(text, "/");
}

export function parseHostPattern(text: string): Result<PatternPiece[], string> {
  return parsePattern(text.toLowerCase(), ".");
}

function parsePattern(text: string, delimiter: "/" | "."): Result<PatternPiece[], string> {
  const gaps = [...text.matchAll(GAP)].map(([gap]) => gap.slice(1) || SPLAT);
  if (text.includes(`:${SPLAT}`)) {
    return err(`":${SPLAT}" stands for what * takes, so no placeholder can be called that`);
  }
  if (new Set(gaps).size < gaps.length) return err("each placeholder, and *, can occur once");
  if (text.split(delimiter).some((segment) => [...segment.matchAll(GAP)].length > 1)) {
    return err(`between two "${delimiter}" can be one placeholder or *`);
  }
  // Gaps are held open by letters while the rest is decoded.
  const held = text.replace(GAP, HELD);
  const decoded = delimiter === "/" ? readPath(held) : held;
  if (decoded === null || text.includes(HELD)) return err("has an escape that no path can have");
  const literals = decoded.split(HELD);
  return ok(
    literals.flatMap((literal, at): PatternPiece[] => {
      const gap = gaps[at];
      return [...(literal === "" ? [] : [literal]), ...(gap === undefined ? [] : [{ gap }])];
    }),
  );
}

/** A private-use character that is in no file of rules. */
const HELD = "\uf8ff";

/** What is to be filled in: `:name` and `:splat` of the pattern's own gaps; any other colon is a colon. */
export function parseTarget(text: string, pattern: readonly PatternPiece[]): PatternPiece[] {
  const known = new Set(pattern.flatMap((piece) => (typeof piece === "string" ? [] : [piece.gap])));
  const pieces: PatternPiece[] = [];
  let literal = "";
  let at = 0;
  for (const match of text.matchAll(/:([A-Za-z]\w*)/g)) {
    const gap = match[1] ?? "";
    if (!known.has(gap)) continue;
    literal += text.slice(at, match.index);
    if (literal !== "") pieces.push(literal);
    literal = "";
    pieces.push({ gap });
    at = match.index + match[0].length;
  }
  literal += text.slice(at);
  return literal === "" ? pieces : [...pieces, literal];
}
