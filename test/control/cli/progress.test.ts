import { describe, expect, it } from "vitest";
import { createProgress } from "../../../control/cli/progress.ts";
import { readTerminal, type Terminal } from "../../../control/cli/terminal.ts";

function createRecorded(terminal: Partial<Terminal>, announce = false) {
  let output = "";
  let clock = 0;
  const progress = createProgress({
    write: (text) => {
      output += text;
    },
    terminal: { colored: false, live: false, columns: undefined, ...terminal },
    announce,
    now: () => clock,
  });
  return { progress, output: () => output, wait: (ms: number) => (clock += ms) };
}

/** What a terminal shows in the end: a cleared line is gone. */
function shown(output: string): string[] {
  return output.split("\n").map((line) => line.split("\r\x1b[2K").at(-1) ?? "");
}

describe("progress", () => {
  it("is a line for each step that has ended, in columns", () => {
    const { progress, output, wait } = createRecorded({});
    progress.begin("Read the folder");
    wait(120);
    progress.end({ detail: "12 files, 45.3 KiB" });
    progress.begin("Build");
    wait(75_000);
    progress.end();
    expect(output()).toBe(
      `  ✔ Read the folder     12 files, 45.3 KiB                         0.1s\n  ✔ Build                                                        1m 15s\n`,
    );
  });

  it("marks the step that failed, and one that nobody watches any more", () => {
    const { progress, output } = createRecorded({});
    progress.begin("Build");
    progress.close("failed");
    progress.begin("Build");
    progress.close("left");
    progress.close("failed");
    expect(shown(output()).map((line) => line.trim().split(/ +/).slice(0, 2).join(" "))).toEqual([
      "✖ Build",
      "– Build",
      "",
    ]);
  });

  it("takes the duration that somebody else measured", () => {
    const { progress, output } = createRecorded({});
    progress.begin("Build");
    progress.end({ ms: 4_200 });
    expect(output()).toContain("   4.2s\n");
  });

  it("changes in place on a terminal, and leaves the same lines behind", () => {
    const { progress, output, wait } = createRecorded({ live: true });
    progress.begin("Upload the source");
    progress.update("1 MiB of 2 MiB");
    wait(1_000);
    progress.say("    A line in between");
    progress.end({ detail: "2 MiB" });
    expect(shown(output())).toEqual([
      "    A line in between",
      expect.stringMatching(/^ {2}✔ Upload the source {3}2 MiB +1\.0s$/),
      "",
    ]);
    expect(output()).toContain("1 MiB of 2 MiB");
  });

  it("never writes a line wider than the terminal, as it could not be cleared", () => {
    const { progress, output } = createRecorded({ live: true, columns: 50 });
    progress.begin("Stage the source");
    progress.update("a detail that is much longer than the room there is");
    progress.end();
    for (const line of shown(output())) expect(line.length).toBeLessThan(50);
  });

  it("announces steps whose lines will follow", () => {
    const { progress, output } = createRecorded({}, true);
    progress.begin("Build");
    expect(output()).toBe("  ▸ Build\n");
  });
});

describe("what a stream can show", () => {
  const tty = { isTTY: true, columns: 80 };
  it.each([
    ["a terminal", tty, {}, { colored: true, live: true, columns: 80 }],
    ["a file or a pipe", {}, {}, { colored: false, live: false, columns: undefined }],
    ["NO_COLOR", tty, { NO_COLOR: "1" }, { colored: false, live: true, columns: 80 }],
    ["an empty NO_COLOR, which says nothing", tty, { NO_COLOR: "" }, { colored: true, live: true, columns: 80 }],
    [
      "NO_COLOR over FORCE_COLOR",
      tty,
      { NO_COLOR: "1", FORCE_COLOR: "1" },
      { colored: false, live: true, columns: 80 },
    ],
    ["FORCE_COLOR in a pipe", {}, { FORCE_COLOR: "1" }, { colored: true, live: false, columns: undefined }],
    ["a dumb terminal", tty, { TERM: "dumb" }, { colored: false, live: false, columns: undefined }],
    ["a terminal of a CI, which keeps every frame", tty, { CI: "true" }, { colored: true, live: false, columns: 80 }],
  ])("%s", (_, stream, env, expected) => {
    expect(readTerminal(stream, env)).toEqual(expected);
  });
});
