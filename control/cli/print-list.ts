import type { Page } from "./api/pages.ts";
import type { CommandContext } from "./command-context.ts";
import { type Cell, formatTable } from "./table.ts";

export type ListView<T> = {
  /** The list's name in the API's page. */
  readonly name: string;
  readonly head: readonly string[];
  readonly row: (item: T) => readonly Cell[];
  /** The last column is to be copied, so that it is never cut to the terminal's width. */
  readonly whole?: boolean;
  /** What to say to people when there is nothing. */
  readonly none: string;
};

/** A list on stdout: the API's page with `--json`, else a table with a head. */
export function printList<T>(
  { print, progress, paint, columns }: CommandContext,
  { items, next }: Page<T>,
  { name, head, row, whole = false, none }: ListView<T>,
  options: { readonly json?: boolean },
): void {
  if (options.json) {
    print(JSON.stringify({ [name]: items, next }));
  } else if (items.length === 0) {
    progress.say(none);
  } else {
    const rows = [head.map((text) => ({ text, paint: paint.dim })), ...items.map(row)];
    for (const line of formatTable(rows, whole ? undefined : columns)) print(line);
    if (next !== null) progress.say("There are more: --limit shows up to 100, --all shows all.");
  }
}
