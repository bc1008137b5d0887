import type { LogLine } from "../../schema/contracts/deployments.ts";

export type LogSources = {
  /** Lines of a run that is not over, waiting up to `waitMs` for the first; null when no further ones will come from it. */
  live(after: number, waitMs: number): Promise<LogLine[] | null>;
  /** The stored log of a finished run, as NDJSON. */
  finished(): Promise<string | null>;
  /** Whether a run is still to come: the deployment waits for its turn. */
  pending(): Promise<boolean>;
};

/** What a reader of a log meets, in this order: lines and silence as they come; at the very end, `complete`. */
export type LogPart =
  | { readonly kind: "lines"; readonly lines: readonly LogLine[] }
  /** Nothing new: whoever follows may want to know that the connection is alive. */
  | { readonly kind: "silence" }
  /** There will never be more. Without it, the log goes on. */
  | { readonly kind: "complete" };

const FOLLOW_WAIT_MS = 15_000;
const TURN_WAIT_MS = 1_000;

/** A deployment's log after a cursor: as it is now, or followed until it is complete. */
export async function* readLog(sources: LogSources, after: number, follow: boolean): AsyncGenerator<LogPart, void> {
  let cursor = after;
  for (;;) {
    const lines = await sources.live(cursor, follow ? FOLLOW_WAIT_MS : 0);
    if (lines === null) {
      const stored = await sources.finished();
      if (stored !== null || !(await sources.pending())) {
        const rest = linesAfter(stored ?? "", cursor);
        if (rest.length > 0) yield { kind: "lines", lines: rest };
        return yield { kind: "complete" };
      }
      if (!follow) return;
      await new Promise((resolve) => setTimeout(resolve, TURN_WAIT_MS));
      yield { kind: "silence" };
    } else if (lines.length > 0) {
      cursor = lines.at(-1)?.seq ?? cursor;
      yield { kind: "lines", lines };
    } else {
      if (!follow) return;
      yield { kind: "silence" };
    }
  }
}

/** Line n of a stored log has the sequence number n: nothing is ever taken out of it. */
function linesAfter(ndjson: string, after: number): LogLine[] {
  let start = 0;
  for (let skipped = 0; skipped < after; skipped += 1) {
    const end = ndjson.indexOf("\n", start);
    if (end === -1) return [];
    start = end + 1;
  }
  const rest = ndjson.slice(start).split("\n");
  return rest.filter((line) => line !== "").map((line) => JSON.parse(line) as LogLine);
}
