/** The statements of a migration, cut where PostgreSQL's own parser ends them. */
import { hasSqlDetails, loadModule, type Node, parseSync } from "libpg-query";
import { err, ok, type Result } from "../../schema/result.ts";

export type Statement = {
  readonly text: string;
  /** The line of its first word in the file, from 1. */
  readonly line: number;
  readonly tree: Node;
};

export type SyntaxError = { readonly line: number; readonly message: string };

/** What drizzle-kit writes between statements: a comment for SQL, and the end of a statement for drizzle. */
const BREAKPOINT = "--> statement-breakpoint";
/** As long as it is, so that positions stay. */
const END = ";".padEnd(BREAKPOINT.length);

export async function splitStatements(file: string): Promise<Result<readonly Statement[], SyntaxError>> {
  await loadModule();
  const sql = file.replaceAll(BREAKPOINT, END);
  // The parser refuses to look at what has no text at all.
  if (sql.trim() === "") return ok([]);
  const bytes = Buffer.from(sql);
  try {
    const { stmts = [] } = parseSync(sql);
    return ok(
      stmts.flatMap(({ stmt: tree, stmt_location: start = 0, stmt_len: length }) => {
        if (tree === undefined) return [];
        const end = length === undefined ? bytes.length : start + length;
        return [
          { text: bytes.subarray(start, end).toString(), line: lineAt(bytes.subarray(0, start).toString()), tree },
        ];
      }),
    );
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const position = error.sqlDetails?.cursorPosition ?? 0;
    return err({ line: lineAt(firstCharacters(sql, position)), message: error.message });
  }
}

/** @param position of PostgreSQL: in characters, from 1 @returns the line of the file */
export function lineInStatement({ text, line }: Statement, position: number): number {
  return line + lineAt(firstCharacters(text, position - 1)) - 1;
}

function lineAt(before: string): number {
  return before.split("\n").length;
}

/** PostgreSQL counts code points. */
function firstCharacters(text: string, count: number): string {
  return [...text].slice(0, Math.max(0, count)).join("");
}
