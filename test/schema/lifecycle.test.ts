import { describe, expect, it } from "vitest";
import {
  BUILD_STEPS,
  canBecome,
  DEPLOYMENT_PHASES,
  DEPLOYMENT_STATUSES,
  DeploymentStatus,
  FAILURE_REASONS,
  FAILURES,
  FailureReason,
  IN_PROGRESS_STATUSES,
  isInProgress,
} from "../../schema/lifecycle.ts";

/** The table of the design, written out: a row's statuses are the only ones that it may become. */
const MAY_BECOME: Readonly<Record<string, readonly string[]>> = {
  building: ["built", "failed"],
  built: ["uploading", "failed"],
  uploading: ["canary", "live", "failed"],
  canary: ["live", "failed"],
  live: ["superseded"],
  superseded: ["live"],
  failed: ["live"],
};

describe("the lifecycle of a deployment", () => {
  it("has exactly these statuses, in this order", () => {
    expect(DEPLOYMENT_STATUSES).toEqual(Object.keys(MAY_BECOME));
    expect(DeploymentStatus.options).toEqual(DEPLOYMENT_STATUSES);
  });

  const pairs = DEPLOYMENT_STATUSES.flatMap((from) => DEPLOYMENT_STATUSES.map((to) => [from, to] as const));
  it.each(pairs)("%s -> %s is as the design says", (from, to) => {
    expect(canBecome(from, to)).toBe(MAY_BECOME[from]?.includes(to));
  });

  it("lets nothing become what it is already", () => {
    expect(DEPLOYMENT_STATUSES.filter((status) => canBecome(status, status))).toEqual([]);
  });

  it("lets every status but the first be reached, and every one be left", () => {
    for (const status of DEPLOYMENT_STATUSES) {
      const before = DEPLOYMENT_STATUSES.filter((from) => canBecome(from, status));
      const after = DEPLOYMENT_STATUSES.filter((to) => canBecome(status, to));
      expect(before.length > 0, status).toBe(status !== "building");
      expect(after.length, status).toBeGreaterThan(0);
    }
  });

  it("is in progress until it has been published or has failed", () => {
    expect(DEPLOYMENT_STATUSES.filter(isInProgress)).toEqual(["building", "built", "uploading"]);
    expect(IN_PROGRESS_STATUSES).toEqual(["building", "built", "uploading"]);
  });

  it("can fail for as long as it is not live", () => {
    expect(DEPLOYMENT_STATUSES.filter((status) => canBecome(status, "failed"))).toEqual([
      ...IN_PROGRESS_STATUSES,
      "canary",
    ]);
  });
});

describe("the phases of a build", () => {
  it("are the builder's steps, framed by control's own", () => {
    expect(BUILD_STEPS).toEqual(["stage", "config", "install", "build", "collect", "upload"]);
    expect(DEPLOYMENT_PHASES).toEqual(["queued", "starting", ...BUILD_STEPS, "verify"]);
  });
});

describe("the reasons to fail", () => {
  it("are these; a code that has shipped stays and keeps its side", () => {
    expect(Object.entries(FAILURES).map(([reason, { side }]) => [reason, side])).toEqual([
      ["source_unreadable", "platform"],
      ["package_json_missing", "app"],
      ["config_invalid", "app"],
      ["install_failed", "app"],
      ["build_failed", "app"],
      ["build_timeout", "app"],
      ["memory_exceeded", "app"],
      ["disk_exceeded", "app"],
      ["output_missing", "app"],
      ["output_empty", "app"],
      ["output_too_large", "app"],
      ["output_too_many_files", "app"],
      ["output_link_refused", "app"],
      ["output_path_invalid", "app"],
      ["upload_failed", "platform"],
      ["verification_failed", "platform"],
      ["builder_lost", "platform"],
      ["builder_error", "platform"],
      ["upload_abandoned", "platform"],
      ["root_missing", "app"],
      ["env_key_lost", "platform"],
      ["env_leaked", "app"],
      ["cancelled", "app"],
      ["replaced", "app"],
      ["canary_regression", "app"],
      ["canary_integrity", "platform"],
      ["canary_inconclusive", "app"],
    ]);
    expect(FailureReason.options).toEqual(FAILURE_REASONS);
  });

  it.each(Object.entries(FAILURES))("%s says in sentences what to do", (_, { help }) => {
    expect(help).toMatch(/^[A-Za-z].*\.$/);
  });
});
