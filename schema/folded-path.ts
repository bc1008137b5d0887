/**
 * How file systems that fold names compare paths: two paths with one folded form are one file on macOS or Windows, where
 * people keep their workspaces, although they are two on Linux, where builds run.
 *
 * Unicode form: canonical equivalence, which APFS folds; not compatibility, which none does ("fi" and the ligature are two
 * names everywhere). Decomposed (NFD), so that a letter folds the same with and without its marks composed.
 * Case: simple folding, a character for a character, as NTFS and APFS do; "ß" and "ss" stay two names.
 */
export function foldPath(path: string): string {
  if (ASCII.test(path)) return path.toLowerCase();
  return path.normalize("NFD").toLowerCase().replace(NOT_ASCII, foldCharacter);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ASCII = /^[\x00-\x7f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all but ASCII
const NOT_ASCII = /[^\x00-\x7f]/gu;
/** Its capital is "I", but only in Turkish is that its other case. */
const DOTLESS_I = "\u0131";

/** By its capital, which forms like the two small sigmas have in common. */
function foldCharacter(character: string): string {
  if (character === DOTLESS_I) return character;
  const capital = oneOf(character.toUpperCase(), character);
  return oneOf(capital.toLowerCase(), capital);
}

/** What is several characters in the other case is not simple folding: it stays. */
function oneOf(folded: string, character: string): string {
  return folded.length === character.length ? folded : character;
}
