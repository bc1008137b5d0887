/** What a campaign of faults found, and the table that says it. */

export const PROBLEM_KINDS = ["torn", "lost", "stuck", "order", "double", "disagree", "orphan"] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** `where` is the crash point or history, in words by which it can be run again. */
export type Problem = { readonly kind: ProblemKind; readonly where: string; readonly text: string };

export type Row = {
  readonly fault: string;
  /** Faults that really happened: crashes, lost copies, runs through a broken storage, histories. */
  readonly points: number;
  readonly problems: readonly Problem[];
  readonly seconds: number;
};

export async function measure(
  fault: string,
  run: () => Promise<{ points: number; problems: readonly Problem[] }>,
): Promise<Row> {
  const started = performance.now();
  const { points, problems } = await run();
  return { fault, points, problems, seconds: (performance.now() - started) / 1_000 };
}

export function countKind(rows: readonly Row[], kind: ProblemKind): number {
  return rows.flatMap(({ problems }) => problems).filter((problem) => problem.kind === kind).length;
}

export function describeProblem({ kind, where, text }: Problem): string {
  return `${kind}: ${where}: ${text}`;
}

export function formatTable(rows: readonly Row[]): string {
  const lines = [["fault", "points", ...PROBLEM_KINDS, "seconds"]];
  for (const row of rows) {
    const counts = PROBLEM_KINDS.map((kind) => String(countKind([row], kind)));
    lines.push([row.fault, String(row.points), ...counts, row.seconds.toFixed(1)]);
  }
  const width = Math.max(...lines.map(([fault = ""]) => fault.length)) + 2;
  return lines
    .map(([fault = "", ...cells]) => fault.padEnd(width) + cells.map((cell) => cell.padStart(9)).join(""))
    .join("\n");
}
