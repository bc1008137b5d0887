import type { LogLine } from "../../schema/contracts/deployments.ts";

export type LogPage = { readonly lines: LogLine[] };

export type LogSources = {
  /** Lines of a run that is not over, waiting up to `waitMs` for the first; null when it is over (or never was). */
  live(after: number, waitMs: number): Promise<LogPage | null>;
  /** The stored log of a finished run. */
  finished(): Promise<string | null>;
};

const FOLLOW_WAIT_MS = 15_000;

/** A deployment's log as NDJSON after a cursor; followed, it ends when the log is complete. */
export function readLog(sources: LogSources, after: number, follow: boolean): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor = after;
  return new ReadableStream({
    async pull(controller) {
      const page = await sources.live(cursor, follow ? FOLLOW_WAIT_MS : 0);
      if (page === null) {
        const rest = linesAfter((await sources.finished()) ?? "", cursor);
        if (rest !== "") controller.enqueue(encoder.encode(rest));
        return controller.close();
      }
      if (page.lines.length > 0) {
        cursor = page.lines.at(-1)?.seq ?? cursor;
        return controller.enqueue(encoder.encode(page.lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
      }
      // An empty line keeps a followed connection alive, and readers of NDJSON skip it.
      if (follow) controller.enqueue(encoder.encode("\n"));
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
