import { describe, expect, it } from "vitest";
import { canCancel, canPin, canRetry } from "../../../control/project/deployment-gates.ts";
import { DEPLOYMENT_STATUSES } from "../../../schema/lifecycle.ts";
import type { Result } from "../../../schema/result.ts";

function verdict(result: Result<string, { code: string; detail: string }>): string {
  if (!result.ok) expect(result.failure.detail).toMatch(/[.]$/);
  return result.ok ? result.value : result.failure.code;
}

describe("who may be cancelled, by every status", () => {
  it("what is in progress, a canary, and nothing else", () => {
    const answers = DEPLOYMENT_STATUSES.map((status) => [
      status,
      verdict(canCancel({ status, failureReason: status === "failed" ? "build_failed" : null })),
    ]);
    expect(Object.fromEntries(answers)).toEqual({
      building: "change",
      built: "change",
      uploading: "change",
      canary: "change",
      live: "not_cancellable",
      superseded: "not_cancellable",
      failed: "not_cancellable",
    });
  });

  it("a cancelled one stays as it is", () => {
    expect(verdict(canCancel({ status: "failed", failureReason: "cancelled" }))).toBe("no_change");
  });
});

describe("who may be retried, by every status", () => {
  it("what failed, and nothing else", () => {
    const answers = DEPLOYMENT_STATUSES.map((status) => [status, verdict(canRetry({ status }, true))]);
    expect(Object.fromEntries(answers)).toEqual({
      building: "not_retryable",
      built: "not_retryable",
      uploading: "not_retryable",
      canary: "not_retryable",
      live: "not_retryable",
      superseded: "not_retryable",
      failed: "retry",
    });
  });

  it("not without its source", () => {
    expect(verdict(canRetry({ status: "failed" }, false))).toBe("source_not_found");
  });
});

describe("who may be pinned", () => {
  const at = "2026-11-23T12:00:00.000Z";

  it.each([
    [{ pinned: false, collectedAt: null }, true, "change"],
    [{ pinned: true, collectedAt: null }, true, "no_change"],
    [{ pinned: true, collectedAt: null }, false, "change"],
    [{ pinned: false, collectedAt: at }, true, "bundle_collected"],
    [{ pinned: false, collectedAt: at }, false, "no_change"],
  ])("%j asked for pinned=%j: %s", (row, pinned, expected) => {
    expect(verdict(canPin(row, pinned))).toBe(expected);
  });
});
