import { describe, expect, it } from "vitest";
import { Channel } from "../../schema/hostname.ts";
import { HostRecord, MAX_RETAINED_BUILDS, RouteRecord } from "../../schema/route-record.ts";
import { DEPLOYMENT, digestOf, PROJECT, ROLLOUT, routeRecord } from "./examples.ts";

const ARM = { deployment: DEPLOYMENT, build: digestOf("3"), env: digestOf("4") };

describe("a route record", () => {
  it("keeps to 2 KB at its largest", () => {
    const largest = routeRecord({
      channel: Channel.parse("pr-999999999"),
      rev: Number.MAX_SAFE_INTEGER,
      canary: { ...ARM, weightBps: 10_000, salt: ROLLOUT },
      bake: { rollout: ROLLOUT, until: Number.MAX_SAFE_INTEGER },
      retained: Array.from({ length: MAX_RETAINED_BUILDS }, (_, index) => digestOf(index.toString(16))),
    });
    const text = JSON.stringify(RouteRecord.parse(largest));
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(2_048);
  });

  it("reads back as it was written", () => {
    const record = routeRecord({ canary: { ...ARM, weightBps: 0, salt: ROLLOUT }, retained: [digestOf("5")] });
    expect(RouteRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it.each([
    ["another version", { version: 2 }],
    ["no version", { version: undefined }],
    ["a revision of zero", { rev: 0 }],
    ["half a revision", { rev: 1.5 }],
    ["a channel that is none", { channel: "staging" }],
    ["no live arm", { live: undefined }],
    ["a live arm without its env snapshot", { live: { ...ARM, env: undefined } }],
    ["a build that is none", { live: { ...ARM, build: "latest" } }],
    ["a weight beyond everybody", { canary: { ...ARM, weightBps: 10_001, salt: ROLLOUT } }],
    ["a weight below nobody", { canary: { ...ARM, weightBps: -1, salt: ROLLOUT } }],
    ["a canary without a salt", { canary: { ...ARM, weightBps: 500, salt: "" } }],
    [
      "more retained builds than fit",
      { retained: Array.from({ length: MAX_RETAINED_BUILDS + 1 }, () => digestOf("5")) },
    ],
  ])("is refused with %s", (_, change) => {
    expect(RouteRecord.safeParse({ ...routeRecord(), ...change }).success).toBe(false);
  });
});

describe("a host record", () => {
  it("names the project", () => {
    expect(HostRecord.parse({ version: 1, project: PROJECT })).toEqual({ version: 1, project: PROJECT });
    expect(HostRecord.safeParse({ version: 1, project: "shop" }).success).toBe(false);
  });
});
