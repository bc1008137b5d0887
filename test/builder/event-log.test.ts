import { describe, expect, it } from "vitest";
import { EventLog } from "../../builder/event-log.ts";
import { digestOf } from "../support/digest-of.ts";

const now = () => new Date("2026-11-23T00:00:00Z");
const caps = { lineChars: 10, lines: 3, bytes: 1_000 };

function kinds(log: EventLog): string[] {
  return log.after(0).map((event) => ("text" in event ? `${event.type} ${event.text}` : event.type));
}

describe("events", () => {
  it("are numbered from 1 and read from where a reader left off", () => {
    const log = new EventLog(now);
    log.step("install");
    log.output("stdout", "one");
    log.output("stderr", "two");
    expect(log.after(0).map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(log.after(2)).toEqual([
      { n: 3, at: "2026-11-23T00:00:00.000Z", type: "output", step: "install", stream: "stderr", text: "two" },
    ]);
    expect(log.after(7)).toEqual([]);
  });
});

it("notes and failures that quote the app are one line of plain text", () => {
  const log = new EventLog(now);
  log.note("Building with `a\n  b\u202e`.");
  log.failed({ reason: "config_invalid", detail: "x\u2028\u001b[1my" });
  expect(log.after(0)).toMatchObject([{ text: "Building with `a b`." }, { detail: "x y" }]);
});

describe("what a build may print", () => {
  it("is cut by the line", () => {
    const log = new EventLog(now, caps);
    log.output("stdout", "0123456789abc");
    expect(kinds(log)).toEqual(["output 012345678…"]);
  });

  it("ends with one note after so many lines", () => {
    const log = new EventLog(now, caps);
    for (let line = 0; line < 9; line += 1) log.output("stdout", `line ${line}`);
    expect(kinds(log).slice(0, 3)).toEqual(["output line 0", "output line 1", "output line 2"]);
    expect(kinds(log)).toHaveLength(4);
    expect(kinds(log)[3]).toMatch(/^note The log is full/);
  });

  it("ends after so many bytes", () => {
    const log = new EventLog(now, { ...caps, bytes: 9 });
    log.output("stdout", "€€€");
    log.output("stdout", "x");
    expect(kinds(log).map((kind) => kind.split(" ")[0])).toEqual(["output", "note"]);
  });

  it("never holds back steps and how the job stands", () => {
    const log = new EventLog(now, { ...caps, lines: 0 });
    log.output("stdout", "gone");
    log.step("build");
    log.built({ build: digestOf("x"), files: 1, bytes: 1, config: {} });
    log.step("upload");
    log.uploaded({ blobs: 1, bytes: 1 });
    log.failed({ reason: "upload_failed", detail: "no" });
    expect(kinds(log).map((kind) => kind.split(" ")[0])).toEqual([
      "note",
      "step",
      "built",
      "step",
      "uploaded",
      "failed",
    ]);
  });
});

describe("waiting for a change", () => {
  it("ends at the next event", async () => {
    const log = new EventLog(now);
    const changed = log.changed(60_000);
    log.step("build");
    await changed;
  });

  it("ends after its time", async () => {
    await new EventLog(now).changed(5);
  });

  it("ends when the log is closed, before or after", async () => {
    const log = new EventLog(now);
    const changed = log.changed(60_000);
    log.close();
    await changed;
    await log.changed(60_000);
  });
});
