import { stripVTControlCharacters } from "node:util";

/**
 * Text of others (build output, commit messages) as it may go to a terminal: without anything that would steer it, or make it look
 * like another text.
 */
export function toPrintable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(CONTROLS, " ").replaceAll(INVISIBLE, "");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out; tabs may stay
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]+/g;
/** Characters of no width, marks that turn the direction of writing, and Unicode's own line and paragraph ends. */
const INVISIBLE = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
