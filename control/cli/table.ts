/** Rows of text in columns as wide as their widest cell. Colours come last, so that they do not count as width. */
export type Cell = { readonly text: string; readonly paint?: (text: string) => string };

const GAP = "  ";

/** @param columns the terminal's width: the last column is cut to it; undefined for as long as it is */
export function formatTable(rows: readonly (readonly Cell[])[], columns: number | undefined): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, { text }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, text.length);
  }
  return rows.map((row) => {
    let left = columns ?? Number.POSITIVE_INFINITY;
    const cells = row.map(({ text, paint = plain }, index) => {
      const isLast = index === row.length - 1;
      const shown = isLast && text.length > left ? `${text.slice(0, Math.max(0, left - 1))}…` : text;
      left -= (widths[index] ?? 0) + GAP.length;
      return paint(shown) + (isLast ? "" : " ".repeat((widths[index] ?? 0) - text.length));
    });
    return cells.join(GAP).trimEnd();
  });
}

function plain(text: string): string {
  return text;
}
