import { describe, expect, it } from "vitest";
import { DEFAULT_ROLLOUT, rolloutSettings } from "../../../control/rollout/settings.ts";
import { CanaryConfig } from "../../../schema/contracts/atelier-config.ts";

describe("the settings of a rollout", () => {
  it("are the platform's where nobody says anything", () => {
    expect(rolloutSettings(undefined, null)).toEqual(DEFAULT_ROLLOUT);
    expect(rolloutSettings({}, {})).toEqual(DEFAULT_ROLLOUT);
  });

  it("come from the file, field by field, before the project's", () => {
    const file = { stages: [10, 50, 100], autoRollback: { errorRateThreshold: 0.02 } };
    const project = {
      stages: [1, 100],
      observationWindowSec: 300,
      minVisitors: 7,
      onInconclusive: "hold" as const,
      maxHoldSec: 600,
      autoRollback: { errorRateThreshold: 0.5, latencyP95Threshold: 1.5 },
    };
    expect(rolloutSettings(file, project)).toEqual({
      stagesBps: [1_000, 5_000, 10_000],
      windowMs: 300_000,
      minVisitors: 7,
      onInconclusive: "hold",
      maxHoldMs: 600_000,
      errorRateThreshold: 0.02,
      latencyP95Threshold: 1.5,
    });
  });

  it.each([
    ["skip", null, null],
    ["skip", { stages: [100] }, null],
    [undefined, "skip", null],
    [{}, "skip", DEFAULT_ROLLOUT],
  ] as const)("of the file %j over the project's %j", (file, project, expected) => {
    expect(
      rolloutSettings(file, project && typeof project === "object" ? { stages: [...project.stages] } : project),
    ).toEqual(expected);
  });

  it("keep weights in whole basis points", () => {
    const config = CanaryConfig.parse({ stages: [0.01, 0.07, 0.29, 57.29, 100] });
    expect(rolloutSettings(config, null)?.stagesBps).toEqual([1, 7, 29, 5_729, 10_000]);
    expect(CanaryConfig.safeParse({ stages: [0.005, 100] }).success).toBe(false);
    expect(CanaryConfig.safeParse({ stages: [33.333, 100] }).success).toBe(false);
  });
});
