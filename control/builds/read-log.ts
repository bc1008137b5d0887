import type { LogLine } from "../../schema/contracts/deployments.ts";

export type LogSources = {
  /** Lines of a run that is not over, waiting up to `waitMs` for the first; null when it is over (or never was). */
  live(after: number, waitMs: number): Promise<LogLine[] | null>;
  /** The stored log of a finished run. */
  finished(): Promise<string | null>;
  /** Whether a run is still to come: the deployment waits for its turn. */
  pending(): Promise<boolean>;
};

const FOLLOW_WAIT_MS = 15_000;
const TURN_WAIT_MS = 1_000;
/** Keeps a followed connection alive; readers of NDJSON skip empty lines. */
const KEEP_ALIVE = "\n";

/** A deployment's log as NDJSON after a cursor; followed, it ends when the log is complete. */
export function readLog(sources: LogSources, after: number, follow: boolean): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor = after;
  return new ReadableStream({
    async pull(controller) {
      const lines = await sources.live(cursor, follow ? FOLLOW_WAIT_MS : 0);
      if (lines === null) {
        const stored = await sources.finished();
        if (stored === null && follow && (await sources.pending())) {
          await new Promise((resolve) => setTimeout(resolve, TURN_WAIT_MS));
          return controller.enqueue(encoder.encode(KEEP_ALIVE));
        }
        const rest = linesAfter(stored ?? "", cursor);
        if (rest !== "") controller.enqueue(encoder.encode(rest));
        return controller.close();
      }
      if (lines.length > 0) {
        cursor = lines.at(-1)?.seq ?? cursor;
        return controller.enqueue(encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
      }
      if (follow) controller.enqueue(encoder.encode(KEEP_ALIVE));
      else controller.close();
    },
  });
}

/** Line n of a stored log has the sequence number n: nothing is ever taken out of it. */
function linesAfter(ndjson: string, after: number): string {
  let start = 0;
  for (let skipped = 0; skipped < after; skipped += 1) {
    const end = ndjson.indexOf("\n", start);
    if (end === -1) return "";
    start = end + 1;
  }
  return ndjson.slice(start);
}
