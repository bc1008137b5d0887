import { stripVTControlCharacters } from "node:util";

/** Text of others (build output, commit messages) as it may go to a terminal: without anything that would steer it. */
export function toPrintable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]+/g, " ");
}
