/** How a log is written to a client: as NDJSON, or as Server-Sent Events. */
import type { LogLine } from "../../schema/contracts/deployments.ts";
import { assertNever } from "../../schema/result.ts";
import type { LogPart } from "../builds/read-log.ts";

export type LogEncoding = {
  readonly contentType: string;
  readonly begin: string;
  line(line: LogLine): string;
  /** Keeps a followed connection alive. */
  readonly silence: string;
  /** Says that the log is complete. */
  readonly end: string;
};

/** Readers skip empty lines, and the end of the answer is the end. */
export const NDJSON: LogEncoding = {
  contentType: "application/x-ndjson; charset=utf-8",
  begin: "",
  line: (line) => `${JSON.stringify(line)}\n`,
  silence: "\n",
  end: "",
};

/**
 * A browser's EventSource comes back by itself with `Last-Event-ID`, a second after a connection broke. It does so after an
 * orderly end, too: at `end` its owner closes it. An event without data would not be shown to anybody.
 */
export const EVENT_STREAM: LogEncoding = {
  contentType: "text/event-stream; charset=utf-8",
  begin: "retry: 1000\n\n",
  line: (line) => `id: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`,
  silence: ":\n\n",
  end: "event: end\ndata: {}\n\n",
};

/** Reads on only while the client takes: one that has gone away leaves nothing behind that goes on reading. */
export function streamLog(parts: AsyncGenerator<LogPart, void>, encoding: LogEncoding): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let begun = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (!begun && encoding.begin !== "") controller.enqueue(encoder.encode(encoding.begin));
        begun = true;
        const { value: part } = await parts.next();
        if (part === undefined) return controller.close();
        const text = encode(part, encoding);
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (part.kind === "complete") controller.close();
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function encode(part: LogPart, encoding: LogEncoding): string {
  switch (part.kind) {
    case "lines":
      return part.lines.map(encoding.line).join("");
    case "silence":
      return encoding.silence;
    case "complete":
      return encoding.end;
    default:
      return assertNever(part);
  }
}
