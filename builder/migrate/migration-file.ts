/** One file of `migrations/`, as it is in the source. */
import type { Digest } from "../../schema/digest.ts";

export type MigrationFile = {
  /** Its name in the ledger: the file's name, or that of its folder in drizzle-kit's newer layout. */
  readonly name: string;
  /** From the app's folder, for messages. */
  readonly path: string;
  readonly sha256: Digest;
  readonly text: string;
};

/** Why the files can not be applied, in words for those who wrote them. */
export type MigrationRefusal = { readonly file: string; readonly line?: number; readonly why: string };

export function describeRefusal({ file, line, why }: MigrationRefusal): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${why}`;
}

/** As a comment in the lines before the first statement. */
const NO_TRANSACTION = /^\s*--\s*atelier:\s*no-transaction\s*$/;

/** Whether the file's statements run one by one, outside of a transaction. */
export function runsWithoutTransaction(text: string): boolean {
  for (const line of text.split("\n")) {
    if (NO_TRANSACTION.test(line)) return true;
    if (!/^\s*(--.*)?$/.test(line)) return false;
  }
  return false;
}
