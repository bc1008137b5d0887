/**
 * Splits a stream of bytes into lines of plain text: a log must not steer the terminal of whoever reads it. Holds at most one line of `maxChars`; the rest of a longer one is dropped.
 */
import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";

export type LineSplitter = { write(chunk: Buffer): void; end(): void };

export function createLineSplitter(maxChars: number, onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let pending = "";
  function take(text: string): void {
    const pieces = text.split(/\r\n|\n|\r/);
    for (const [index, piece] of pieces.entries()) {
      pending = `${pending}${piece}`.slice(0, maxChars);
      if (index === pieces.length - 1) break;
      const line = toPlainText(pending);
      // A progress bar redraws with carriage returns and leaves empty pieces; an empty line says nothing either.
      if (line !== "") onLine(line);
      pending = "";
    }
  }
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end: () => take(`${decoder.end()}\n`),
  };
}

/** Without escape sequences and control characters, and without what would make a line look like another one. */
export function toPlainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(CONTROLS, "").replaceAll(INVISIBLE, "");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out; tabs may stay
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Characters of no width, marks that turn the direction of writing, and Unicode's own line and paragraph ends. */
const INVISIBLE = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
