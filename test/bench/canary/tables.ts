/** The comparison for people: two tables, and who is faster than we are and what that costs. */
import { type Comparison, detection, RISES, type Rise, worstKind } from "./comparison.ts";
import { METHODS } from "./methods.ts";
import { OURS } from "./ours.ts";
import { STICKY, TRAFFIC } from "./traffic.ts";

export function describeComparison(comparison: Comparison): string {
  return [
    `\n${comparison.requestsPerSecond} requests per second: share of good builds rolled back, by kind of traffic\n`,
    falseRollbackTable(comparison),
    `\n${comparison.requestsPerSecond} requests per second, visitors that come back: median seconds to the rollback of a build`,
    "whose requests fail so many times more often than 0.5 % (share rolled back, where not all)\n",
    delayTable(comparison),
    "",
    ...RISES.flatMap((rise) => fasterThanOurs(comparison, rise)),
  ].join("\n");
}

function falseRollbackTable({ falseRollback }: Comparison): string {
  const head = ["", ...TRAFFIC.map(({ name }) => name)];
  const rows = METHODS.map(({ key, name }) => [
    name,
    ...TRAFFIC.map((traffic) => percent(falseRollback[key]?.[traffic.name] ?? Number.NaN)),
  ]);
  return aligned([head, ...rows]);
}

function delayTable(comparison: Comparison): string {
  const head = ["", ...RISES.map((rise) => `x${rise}`), "canary requests at x10"];
  const rows = METHODS.map(({ key, name }) => {
    const found = RISES.map((rise) => detection(comparison, STICKY, key, rise));
    const cells = found.map(({ power, medianSeconds }) => {
      const seconds = Number.isFinite(medianSeconds) ? `${medianSeconds}` : "-";
      return power < 0.995 ? `${seconds} (${percent(power)})` : seconds;
    });
    return [name, ...cells, `${detection(comparison, STICKY, key, 10).medianRequests}`];
  });
  return aligned([head, ...rows]);
}

function fasterThanOurs(comparison: Comparison, rise: Rise): string[] {
  const ours = detection(comparison, STICKY, OURS.key, rise).medianSeconds;
  return METHODS.filter((method) => method !== OURS).flatMap(({ key, name }) => {
    const theirs = detection(comparison, STICKY, key, rise).medianSeconds;
    if (theirs >= ours) return [];
    const { kind, share } = worstKind(comparison, key);
    const plain = comparison.falseRollback[key]?.[STICKY.name] ?? Number.NaN;
    const pays = `it rolls back ${percent(plain)} of good builds, and ${percent(share)} with "${kind}"`;
    return [
      `x${rise}: ${name} is faster, ${theirs} s to our ${Number.isFinite(ours) ? `${ours} s` : "none"}: ${pays}.`,
    ];
  });
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2))).join("")}`,
    )
    .join("\n");
}
