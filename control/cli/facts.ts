/** What is known of one thing, a fact a line: its name, and what it is. */
import type { Colors } from "picocolors/types";
import { toPrintable } from "./printable.ts";
import { formatTable } from "./table.ts";

/** Left out when there is no text. */
export type Fact = readonly [name: string, text: string | null | undefined, paint?: (text: string) => string];

export function formatFacts(facts: readonly Fact[], { dim }: Colors): string[] {
  const rows = facts.flatMap(([name, text, color = String]) =>
    text
      ? [
          [
            { text: name, paint: dim },
            { text: toPrintable(text), paint: color },
          ],
        ]
      : [],
  );
  return formatTable(rows, undefined);
}
