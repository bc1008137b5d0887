import { describe, expect, it } from "vitest";
import { ABANDONED_MS, isAbandoned } from "../../../control/project/abandonment.ts";
import { DEPLOYMENT_STATUSES, isInProgress } from "../../../schema/lifecycle.ts";

const updatedAt = "2026-11-23T00:00:00.000Z";
const noon = Date.parse("2026-11-23T12:00:00.000Z");

describe("isAbandoned", () => {
  it("after twelve hours without progress, not a moment before", () => {
    expect(ABANDONED_MS).toBe(12 * 3_600_000);
    const stuck = { status: "uploading", phase: "upload", updatedAt } as const;
    expect(isAbandoned(stuck, noon - 1)).toBe(false);
    expect(isAbandoned(stuck, noon)).toBe(true);
  });

  it("only what should move", () => {
    const abandoned = DEPLOYMENT_STATUSES.filter((status) => isAbandoned({ status, phase: null, updatedAt }, noon));
    expect(abandoned).toEqual(DEPLOYMENT_STATUSES.filter(isInProgress));
  });

  it("not one that waits for its turn", () => {
    expect(isAbandoned({ status: "building", phase: "queued", updatedAt }, noon * 2)).toBe(false);
  });
});
