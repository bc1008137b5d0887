import { describe, expect, it } from "vitest";
import { readLog } from "../../../control/builds/read-log.ts";
import type { LogLine } from "../../../schema/contracts/deployments.ts";

function line(seq: number): LogLine {
  return { seq, at: "2026-11-23T12:00:00.000Z", kind: "output", step: "build", text: `line ${seq}` };
}

const stored = [1, 2, 3].map((seq) => `${JSON.stringify(line(seq))}\n`).join("");

async function seqs(stream: ReadableStream<Uint8Array>): Promise<number[]> {
  const text = await new Response(stream).text();
  return text
    .split("\n")
    .filter(Boolean)
    .map((json) => (JSON.parse(json) as LogLine).seq);
}

/** A run that gives these pages one after another, and is over then. */
function run(pages: readonly LogLine[][]) {
  const rest = [...pages];
  return { live: async () => rest.shift() ?? null, finished: async () => stored, pending: async () => false };
}

describe("readLog", () => {
  it("reads a stored log after the cursor", async () => {
    expect(await seqs(readLog(run([]), 0, false))).toEqual([1, 2, 3]);
    expect(await seqs(readLog(run([]), 2, true))).toEqual([3]);
    expect(await seqs(readLog(run([]), 9, false))).toEqual([]);
  });

  it("ends at the newest line when it is not followed", async () => {
    expect(await seqs(readLog(run([[line(1)], []]), 0, false))).toEqual([1]);
  });

  it("followed, it waits for a deployment whose turn is still to come", async () => {
    const turns = [true, true];
    const waiting = {
      live: async () => null,
      finished: async () => (turns.length > 0 ? null : stored),
      pending: async () => turns.pop() ?? false,
    };
    expect(await seqs(readLog(waiting, 0, true))).toEqual([1, 2, 3]);
  });

  it("a deployment that never ran has an empty log", async () => {
    const never = { live: async () => null, finished: async () => null, pending: async () => false };
    expect(await seqs(readLog(never, 0, true))).toEqual([]);
  });

  it("followed, it waits through silence and takes the rest from storage when the run is over", async () => {
    const pages = [[line(1)], [], [line(2)]];
    expect(await seqs(readLog(run(pages), 0, true))).toEqual([1, 2, 3]);
  });
});
