import { describe, expect, it } from "vitest";
import {
  afterError,
  afterEvent,
  afterHandBack,
  afterLoss,
  afterRelease,
  afterSilence,
  firstState,
  keepEnding,
  MAX_ERRORS,
  MAX_HAND_BACKS,
  pauseMs,
  type RunState,
  toLine,
  UNREACHABLE_MS,
} from "../../../control/builds/run-state.ts";
import type { BuildEvent } from "../../../schema/contracts/build.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import { deploymentId, digest, PROJECT } from "../../support/samples.ts";

const AT = "2026-11-23T12:00:00.000Z";
const bundle = { build: digest("build"), files: 3, bytes: 42, config: {} };
const request = {
  project: PROJECT,
  deployment: deploymentId(1),
  source: digest("s"),
  env: digest("e"),
  settings: DEFAULT_SETTINGS.build,
};
const start = firstState(request);
const building: RunState = { ...start, stage: { name: "building" } };

const built: BuildEvent = { type: "built", n: 9, at: AT, ...bundle };
const uploaded: BuildEvent = { type: "uploaded", n: 12, at: AT, blobs: 2, bytes: 40 };
const failed: BuildEvent = { type: "failed", n: 5, at: AT, step: "build", reason: "build_failed", detail: "exit 1." };

describe("a build run", () => {
  it("goes from built to upload to verify", () => {
    const upload = afterEvent(building, built);
    expect(upload).toMatchObject({ after: 9, stage: { name: "upload", bundle } });
    const verify = afterEvent({ ...upload, stage: { name: "uploading", bundle } }, uploaded);
    expect(verify).toMatchObject({ after: 12, stage: { name: "verify", uploaded: { blobs: 2, bytes: 40 } } });
  });

  it("a failure of the builder ends it with that reason", () => {
    expect(afterEvent(building, failed).stage).toEqual({ name: "fail", reason: "build_failed", detail: "exit 1." });
  });

  it("an event out of place only moves the cursor", () => {
    expect(afterEvent(building, uploaded)).toEqual({ ...building, after: 12 });
    expect(afterEvent(start, built)).toEqual({ ...start, after: 9 });
  });

  it("is built once more after the builder was lost, then fails", () => {
    const second = afterLoss({ ...building, after: 30 });
    expect(second).toMatchObject({ attempt: 2, after: 0, stage: { name: "start" } });
    expect(afterLoss(second).stage).toMatchObject({ name: "fail", reason: "builder_lost" });
  });

  it("is built again as the same attempt when a builder was asked to stop, but not for ever", () => {
    const again = afterHandBack({ ...building, after: 30 });
    expect(again).toMatchObject({ attempt: 1, after: 0, handBacks: 1, stage: { name: "start" } });
    const often = { ...building, handBacks: MAX_HAND_BACKS };
    expect(afterHandBack(often)).toMatchObject({ attempt: 2, stage: { name: "start" } });
    expect(afterHandBack({ ...often, attempt: 2 }).stage).toMatchObject({ name: "fail", reason: "builder_lost" });
  });

  it("waits for a builder, but not for ever", () => {
    const silent = afterSilence(building, 1_000);
    expect(silent).toEqual({ ...building, unreachableSince: 1_000 });
    expect(afterSilence(silent, 1_000 + UNREACHABLE_MS).stage.name).toBe("building");
    expect(afterSilence(silent, 1_001 + UNREACHABLE_MS).stage).toMatchObject({ name: "fail", reason: "builder_lost" });
  });

  it("tries a step that threw again, ever later, then fails; what ends a run is tried until it works", () => {
    expect(pauseMs(afterError(building))).toBeGreaterThan(0);
    expect(afterError({ ...building, errors: MAX_ERRORS }).stage).toMatchObject({
      name: "fail",
      reason: "builder_error",
    });
    const ending: RunState = { ...building, errors: 1_000, stage: { name: "archive" } };
    expect(afterError(ending).stage.name).toBe("archive");
    expect(pauseMs(ending)).toBe(30_000);
  });

  it("told to stop, it is not led back by the step that was under way", () => {
    const ending = ["stop", "release", "archive"] as const;
    const stages: RunState["stage"][] = [
      building.stage,
      { name: "verify", bundle, uploaded: { blobs: 1, bytes: 1 } },
      { name: "fail", reason: "builder_lost", detail: "" },
      ...ending.map((name) => ({ name })),
    ];
    for (const [at, name] of ending.entries()) {
      for (const stage of stages) {
        const kept = keepEnding({ ...start, stage: { name } }, { ...start, after: 7, stage });
        const further = ending.slice(at).find((later) => later === stage.name);
        expect(kept).toEqual({ ...start, after: 7, stage: further ? stage : { name } });
      }
    }
    expect(keepEnding(building, { ...start, stage: { name: "stop" } }).stage.name).toBe("stop");
    expect(keepEnding(null, start)).toEqual(start);
  });

  it("tells a builder for a while that its job is over, then archives all the same", () => {
    const release: RunState = { ...building, stage: { name: "release" } };
    expect(afterRelease(release, true, 1_000).stage.name).toBe("archive");
    const unheard = afterRelease(release, false, 1_000);
    expect(unheard).toEqual({ ...release, unreachableSince: 1_000 });
    expect(afterRelease(unheard, false, 1_000 + UNREACHABLE_MS).stage.name).toBe("release");
    expect(afterRelease(unheard, false, 1_001 + UNREACHABLE_MS)).toMatchObject({
      unreachableSince: null,
      stage: { name: "archive" },
    });
  });

  it("tells a failure in the log with what to do", () => {
    expect(toLine(failed)).toMatchObject({ kind: "error", step: "build" });
    expect(toLine(failed).text).toContain("build_failed: exit 1. The build command ended with an error.");
  });

  it("tells in the log what was built and stored", () => {
    expect(toLine({ ...built, files: 1, bytes: 12 }).text).toMatch(/^Built [0-9a-f]{12}: 1 file, 12 B$/);
    expect(toLine({ ...uploaded, bytes: 61_234 }).text).toBe("Stored 2 new files, 59.8 KiB");
  });
});
