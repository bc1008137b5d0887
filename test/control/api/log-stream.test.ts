import { describe, expect, it } from "vitest";
import { EVENT_STREAM, NDJSON, streamLog } from "../../../control/api/log-stream.ts";
import type { LogPart } from "../../../control/builds/read-log.ts";
import type { LogLine } from "../../../schema/contracts/deployments.ts";

function line(seq: number, text = `line ${seq}`): LogLine {
  return { seq, at: "2026-11-23T12:00:00.000Z", kind: "output", step: "build", text };
}

async function* parts(...given: LogPart[]): AsyncGenerator<LogPart, void> {
  yield* given;
}

const lines = (...seqs: number[]): LogPart => ({ kind: "lines", lines: seqs.map((seq) => line(seq)) });
const silence: LogPart = { kind: "silence" };
const complete: LogPart = { kind: "complete" };

describe("a log as NDJSON", () => {
  it("is one line a line; empty ones are silence; its end is the end", async () => {
    const text = await new Response(streamLog(parts(lines(1, 2), silence, lines(3), complete), NDJSON)).text();
    expect(text).toBe(`${JSON.stringify(line(1))}\n${JSON.stringify(line(2))}\n\n${JSON.stringify(line(3))}\n`);
  });
});

describe("a log as Server-Sent Events", () => {
  it("is one event a line with its seq as id; comments are silence; a last event says that it is complete", async () => {
    const text = await new Response(streamLog(parts(lines(1), silence, complete), EVENT_STREAM)).text();
    expect(text).toBe(`retry: 1000\n\nid: 1\ndata: ${JSON.stringify(line(1))}\n\n:\n\nevent: end\ndata: {}\n\n`);
  });

  it("without the last event when there may be more", async () => {
    const text = await new Response(streamLog(parts(lines(1)), EVENT_STREAM)).text();
    expect(text).not.toContain("event: end");
  });

  it("no text of a build breaks out of its event", async () => {
    const text = EVENT_STREAM.line(line(1, "a\n\nevent: end\r\ndata: {}"));
    expect(text.split(/\r\n|\r|\n/)).toEqual(["id: 1", expect.stringMatching(/^data: \{.*\}$/), "", ""]);
  });
});

describe("a client that goes away", () => {
  /** Counts how often it is asked for more, and whether it was let go. */
  function endless() {
    const seen = { asked: 0, over: false };
    async function* generate(): AsyncGenerator<LogPart, void> {
      try {
        for (;;) {
          seen.asked += 1;
          yield silence;
        }
      } finally {
        seen.over = true;
      }
    }
    return { seen, parts: generate() };
  }

  it("ends the reading", async () => {
    const { seen, parts: given } = endless();
    const reader = streamLog(given, NDJSON).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    expect(seen).toEqual({ asked: 2, over: true });
  });

  it("and one that never reads (HEAD) starts none", async () => {
    const { seen, parts: given } = endless();
    streamLog(given, NDJSON);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.asked).toBe(0);
  });
});
