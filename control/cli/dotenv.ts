/** Variables as the text of a dotenv file, in the dialect of Node's `--env-file`. */
import { parseEnv } from "node:util";

export type DotenvVariable = { readonly name: string; readonly value: string };

/** By name. One that stands there twice has its last value, as everywhere. */
export function parseDotenv(text: string): DotenvVariable[] {
  return Object.entries(parseEnv(text)).map(([name, value = ""]) => ({ name, value }));
}

/** The line that gives the value back. Null: in a dotenv file there is no way to write it. */
export function formatDotenv({ name, value }: DotenvVariable): string | null {
  const forms = [value, `"${value}"`, `'${value}'`, `\`${value}\``].map((text) => `${name}=${text}`);
  // Quoting rules have corners: what reads back as it was is right.
  return forms.find((line) => readsBack(line, { name, value })) ?? null;
}

function readsBack(line: string, { name, value }: DotenvVariable): boolean {
  // What stands behind it must not become part of it, nor be lost.
  const read = parseEnv(`${line}\nAFTER=1\n`);
  return Object.keys(read).length === 2 && read[name] === value && read.AFTER === "1";
}
