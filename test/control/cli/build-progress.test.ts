import { describe, expect, it } from "vitest";
import { createBuildProgress } from "../../../control/cli/build-progress.ts";
import { createProgress } from "../../../control/cli/progress.ts";
import type { Deployment, LogLine } from "../../../schema/contracts/deployments.ts";

const AT = "2026-11-23T12:00:00.000Z";
const STARTED = { status: "building", phase: "queued", reused: false, createdAt: AT, updatedAt: AT } as Deployment;
const WAITING = "Waiting for another build to end.";
const NOT_ISOLATED = "Builds are not isolated: they run as plain processes of the builder's own account.";

/** Steps of a build on a stream that is a terminal or not. */
function createRecorded({ live, verbose = false }: { live: boolean; verbose?: boolean }) {
  let output = "";
  const write = (text: string) => {
    output += text;
  };
  const terminal = { colored: true, live, columns: undefined };
  const progress = createProgress({ write, terminal, announce: verbose, now: () => 0 });
  const steps = createBuildProgress(progress, STARTED, { verbose });
  const note = (text: string, step: LogLine["step"] = "stage") =>
    steps.line({ seq: 1, at: AT, kind: "note", step, text });
  return { steps, progress, note, output: () => output };
}

describe("the notes of a build", () => {
  it("say what it waits for while it waits, on a terminal in the running step", async () => {
    const { note, progress, output } = createRecorded({ live: true });
    note(WAITING);
    await expect.poll(output).toMatch(/Stage the source .*Waiting for another build to end/);
    expect(output()).not.toContain("✖");
    progress.close("left");
  });

  it.each([false, true])("say once what it waits for where lines stay, with verbose %s", (verbose) => {
    const { note, output } = createRecorded({ live: false, verbose });
    note(WAITING);
    expect(output().match(/^ {4}Waiting for another build to end/gm)).toHaveLength(1);
  });

  it.each([false, true])("warn once that builds are not isolated, with verbose %s", (verbose) => {
    const { note, steps, output } = createRecorded({ live: false, verbose });
    note(NOT_ISOLATED);
    note(NOT_ISOLATED);
    note("Another note.", "build");
    expect(output()).toContain(`\x1b[33m  ⚠ ${NOT_ISOLATED}\x1b[39m\n`);
    expect(output().match(/not isolated/g)).toHaveLength(1);
    expect(steps.tail().map(({ text }) => text)).toEqual(["Another note."]);
  });

  it("make the last step one of reuse when nothing was built", () => {
    const { note, steps, output } = createRecorded({ live: false });
    note("Nothing to build: dpl_x has a bundle of the same source, env and tools.", "verify");
    steps.settle({ ...STARTED, status: "live", reused: true });
    expect(output()).toMatch(/Reuse the bundle .*same source, env and tools as before/);
    expect(output()).not.toContain("Verify the bundle");
  });
});
