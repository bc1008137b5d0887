/** What is kept, and what is not, from rows alone. */
import { describe, expect, it } from "vitest";
import { type PlannedChannel, type PlannedDeployment, planRetention } from "../../../control/retention/plan.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import { IN_PROGRESS_STATUSES } from "../../../schema/lifecycle.ts";
import { arm, deploymentId, digest, ROLLOUT, routeRecord } from "../../support/samples.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = Date.UTC(2026, 10, 23, 12);
const PREVIEW = Channel.parse("pr-7");
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS).toISOString();

/** Number `n`, old enough to go. */
function deployment(n: number, change: Partial<PlannedDeployment> = {}): PlannedDeployment {
  const { deployment: id, build } = arm(n);
  const made = { id, build, channel: PRODUCTION, status: "superseded", whole: true, pinned: false } as const;
  return { ...made, createdAt: daysAgo(90), ...change };
}

function channel(change: Partial<PlannedChannel> = {}): PlannedChannel {
  return { record: routeRecord(), closedAt: null, releases: [], rollbackTarget: null, ...change };
}

function plan(deployments: readonly PlannedDeployment[], channels: readonly PlannedChannel[] = []) {
  const records = channels.flatMap(({ record, closedAt }) => (closedAt === null ? record : []));
  const named = new Set(
    records.flatMap(({ live, canary, retained }) =>
      [live, canary].flatMap((side) => side?.build ?? []).concat(retained),
    ),
  );
  const { keep, collect } = planRetention({ deployments, channels, named, retentionDays: 30, now: NOW });
  return [
    ...keep.map(({ deployment: { id }, reasons }) => [id, ...reasons]),
    ...collect.map(({ deployment: { id }, reason }) => [id, reason]),
  ];
}

const ID = deploymentId(5);

describe("what nothing speaks for", () => {
  it.each([
    ["an aged one", deployment(5), "aged"],
    ["an aged failed one with a bundle", deployment(5, { status: "failed" }), "aged"],
    ["one of exactly the age", deployment(5, { createdAt: daysAgo(30) }), "aged"],
    [
      "a failed one without a bundle after a day",
      deployment(5, { status: "failed", whole: false, createdAt: daysAgo(1) }),
      "never_whole",
    ],
  ])("%s goes", (_, row, reason) => {
    expect(plan([row])).toEqual([[ID, reason]]);
  });
});

describe("what is kept", () => {
  it.each([
    ["young", deployment(5, { createdAt: daysAgo(29.9) })],
    ["young", deployment(5, { status: "failed", whole: false, createdAt: daysAgo(0.9) })],
    ["pinned", deployment(5, { pinned: true })],
    ["live", deployment(5, { status: "live" })],
    ["canary", deployment(5, { status: "canary" })],
    ...IN_PROGRESS_STATUSES.map((status) => ["in_progress", deployment(5, { status, whole: false })] as const),
  ] as const)("as %s", (reason, row) => {
    expect(plan([row])).toEqual([[ID, reason]]);
  });

  it.each([
    ["live", channel({ record: routeRecord({ live: arm(5) }) })],
    ["canary", channel({ record: routeRecord({ canary: { ...arm(5), weightBps: 500, salt: ROLLOUT } }) })],
    ["open_tabs", channel({ record: routeRecord({ retained: [digest("build 9"), digest("build 5")] }) })],
    ["recent_release", channel({ releases: [1, 2, 3, 4, 6, 7, 8, 9, 10, 5].map(deploymentId) })],
    ["rollback_target", channel({ rollbackTarget: ID })],
  ] as const)("as %s of a channel", (reason, of) => {
    expect(plan([deployment(5)], [of])).toEqual([[ID, reason]]);
  });

  it("is every deployment of a build that a record names, but not one that never had it whole", () => {
    const build = digest("shared");
    const rows = [
      deployment(3, { build }),
      deployment(4, { build }),
      deployment(5, { build, whole: false, status: "failed" }),
    ];
    expect(plan(rows, [channel({ record: routeRecord({ retained: [build] }) })])).toEqual([
      [deploymentId(3), "open_tabs"],
      [deploymentId(4), "open_tabs"],
      [ID, "never_whole"],
    ]);
  });

  it("is not the eleventh release", () => {
    const releases = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 5].map(deploymentId);
    expect(plan([deployment(5)], [channel({ releases })])).toEqual([[ID, "aged"]]);
  });

  it("names every reason", () => {
    const record = routeRecord({ live: arm(5) });
    const row = deployment(5, { status: "live", pinned: true, createdAt: daysAgo(0) });
    expect(plan([row], [channel({ record, releases: [ID], rollbackTarget: ID })])).toEqual([
      [ID, "live", "recent_release", "rollback_target", "pinned", "young"],
    ]);
  });
});

describe("a deleted channel", () => {
  const record = routeRecord({ channel: PREVIEW, live: arm(5), retained: [digest("build 6")] });
  const closed = channel({ record, closedAt: daysAgo(1), releases: [ID], rollbackTarget: deploymentId(6) });

  it("keeps nothing of what was deployed to it, however young", () => {
    const rows = [
      deployment(6, { channel: PREVIEW, createdAt: daysAgo(3) }),
      deployment(5, { channel: PREVIEW, status: "live", createdAt: daysAgo(2) }),
    ];
    expect(plan(rows, [closed])).toEqual([
      [deploymentId(6), "channel_deleted"],
      [ID, "channel_deleted"],
    ]);
  });

  it("does not touch what is pinned, in progress, or came after", () => {
    const at = { channel: PREVIEW, createdAt: daysAgo(2) };
    const rows = [
      deployment(7, { ...at, pinned: true }),
      deployment(8, { ...at, status: "building", whole: false }),
      deployment(9, { ...at, status: "failed", createdAt: daysAgo(0.5) }),
    ];
    expect(plan(rows, [closed])).toEqual([
      [deploymentId(7), "pinned"],
      [deploymentId(8), "in_progress"],
      [deploymentId(9), "young"],
    ]);
  });

  it("leaves a build alone that an open channel names", () => {
    const open = channel({ record: routeRecord({ retained: [digest("build 5")] }) });
    expect(plan([deployment(5, { channel: PREVIEW })], [closed, open])).toEqual([[ID, "open_tabs"]]);
  });
});
