import { describe, expect, it } from "vitest";
import { canPromote } from "../../../control/project/promote-gate.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import { DEPLOYMENT_STATUSES } from "../../../schema/lifecycle.ts";

const candidate = { channel: PRODUCTION, status: "superseded", whole: true, collectedAt: null } as const;
const wish = { channel: PRODUCTION, force: false } as const;

describe("canPromote", () => {
  it("flips to a superseded deployment", () => {
    expect(canPromote(candidate, 4, wish)).toEqual({ ok: true, value: "flip" });
  });

  it("says so when it is live already", () => {
    expect(canPromote({ ...candidate, status: "live" }, 4, wish)).toEqual({ ok: true, value: "already_live" });
  });

  it.each([
    ["a channel that has moved on", candidate, { ...wish, expectedRev: 3 }, "rev_conflict"],
    ["another channel's deployment", { ...candidate, channel: Channel.parse("pr-7") }, wish, "not_promotable"],
    ["a failed one without force", { ...candidate, status: "failed" }, wish, "not_promotable"],
    [
      "a failed one by force without a reason",
      { ...candidate, status: "failed" },
      { ...wish, force: true },
      "force_needs_reason",
    ],
    [
      "a failed one that is not whole",
      { ...candidate, status: "failed", whole: false },
      { ...wish, force: true, reason: "x" },
      "not_retained",
    ],
    [
      "one whose bundle was removed, whatever is asked",
      { ...candidate, whole: false, collectedAt: "2026-11-23T12:00:00.000Z" },
      { ...wish, force: true, reason: "x" },
      "bundle_collected",
    ],
    ["one that is still building", { ...candidate, status: "building", whole: false }, wish, "not_retained"],
    [
      "one that is being uploaded",
      { ...candidate, status: "uploading", whole: false },
      { ...wish, force: true, reason: "x" },
      "not_retained",
    ],
  ] as const)("refuses %s", (_, row, asked, code) => {
    const outcome = canPromote(row, 4, asked);
    expect(outcome.ok ? "flip" : outcome.failure.code).toBe(code);
  });

  it("a forced promote with a reason brings back a failed but whole deployment", () => {
    const outcome = canPromote({ ...candidate, status: "failed" }, 4, { ...wish, force: true, reason: "false alarm" });
    expect(outcome).toEqual({ ok: true, value: "flip" });
  });

  it("no status lets a bundle through that is not whole", () => {
    for (const status of DEPLOYMENT_STATUSES.filter((status) => status !== "live")) {
      expect(canPromote({ ...candidate, status, whole: false }, 1, { ...wish, force: true, reason: "x" }).ok).toBe(
        false,
      );
    }
  });
});
