import { describe, expect, it } from "vitest";
import { type LogPart, readLog } from "../../../control/builds/read-log.ts";
import type { LogLine } from "../../../schema/contracts/deployments.ts";

function line(seq: number): LogLine {
  return { seq, at: "2026-11-23T12:00:00.000Z", kind: "output", step: "build", text: `line ${seq}` };
}

const stored = [1, 2, 3].map((seq) => `${JSON.stringify(line(seq))}\n`).join("");

/** The sequence numbers of all lines, and what stood between or after them. */
async function read(parts: AsyncIterable<LogPart>): Promise<(number | LogPart["kind"])[]> {
  const met: (number | LogPart["kind"])[] = [];
  for await (const part of parts) {
    if (part.kind === "lines") met.push(...part.lines.map(({ seq }) => seq));
    else met.push(part.kind);
  }
  return met;
}

/** A run that gives these pages one after another, and is over then. */
function run(pages: readonly LogLine[][]) {
  const rest = [...pages];
  return { live: async () => rest.shift() ?? null, finished: async () => stored, pending: async () => false };
}

describe("readLog", () => {
  it("reads a stored log after the cursor", async () => {
    expect(await read(readLog(run([]), 0, false))).toEqual([1, 2, 3, "complete"]);
    expect(await read(readLog(run([]), 2, true))).toEqual([3, "complete"]);
    expect(await read(readLog(run([]), 9, false))).toEqual(["complete"]);
  });

  it("ends at the newest line when it is not followed, and does not call that complete", async () => {
    expect(await read(readLog(run([[line(1)], []]), 0, false))).toEqual([1]);
    const queued = { live: async () => null, finished: async () => null, pending: async () => true };
    expect(await read(readLog(queued, 0, false))).toEqual([]);
  });

  it("followed, it waits for a deployment whose turn is still to come", async () => {
    const turns = [true, true];
    const waiting = {
      live: async () => null,
      finished: async () => (turns.length > 0 ? null : stored),
      pending: async () => turns.pop() ?? false,
    };
    expect(await read(readLog(waiting, 0, true))).toEqual(["silence", "silence", 1, 2, 3, "complete"]);
  });

  it("a deployment that never ran has an empty log", async () => {
    const never = { live: async () => null, finished: async () => null, pending: async () => false };
    expect(await read(readLog(never, 0, true))).toEqual(["complete"]);
  });

  it("followed, it waits through silence and takes the rest from storage when the run is over", async () => {
    const pages = [[line(1)], [], [line(2)]];
    expect(await read(readLog(run(pages), 0, true))).toEqual([1, "silence", 2, 3, "complete"]);
  });
});
