/** What rollouts do to the rows of their project: one write of the route record a move, and status, record and events agree. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../control/project/database.ts";
import { cancel } from "../../../control/project/deployment-commands.ts";
import { findDeployment } from "../../../control/project/deployment-rows.ts";
import { readEvents } from "../../../control/project/journal.ts";
import { findEntry } from "../../../control/project/outbox.ts";
import { deleteProject, restoreProject } from "../../../control/project/owner-changes.ts";
import { publish } from "../../../control/project/progress.ts";
import { promote, rollBack } from "../../../control/project/promote.ts";
import { findRoute, listReleases } from "../../../control/project/registry.ts";
import { changeRollout } from "../../../control/project/rollout-commands.ts";
import { findRollout, findRunning, listVerdicts, nextTickAt, toView } from "../../../control/project/rollout-rows.ts";
import { claimDue, LOOK_MS, LOST_MS, stepRollout } from "../../../control/project/rollout-step.ts";
import { announceBlobs, findBlobs, recordBlobs } from "../../../control/project/stored-blobs.ts";
import { replay } from "../../../control/rollout/verdict.ts";
import type { RolloutCommand } from "../../../schema/contracts/rollouts.ts";
import type { TrafficTotals } from "../../../schema/contracts/traffic.ts";
import { EMPTY_ENV } from "../../../schema/env-snapshot.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import { identity } from "../../../schema/project/tables.ts";
import { ok } from "../../../schema/result.ts";
import { PROJECT } from "../../support/plain-samples.ts";
import {
  ADA,
  createProjectRows,
  type NewDeployment,
  publishDeployment,
  publishingOf,
} from "../../support/project-rows.ts";
import { arm, deploymentId, digest, rolloutId } from "../../support/samples.ts";
import { BROKEN, START, WINDOW_MS } from "../rollout/samples.ts";

const GRACE = { token: "fedcba9876543210", name: "grace" };

let db: Database;
let now: number;

beforeEach(() => {
  db = createProjectRows();
  now = START;
  deploy({ number: 1 });
});

const ROLLOUT = rolloutId(2);
const scene = () => ({ db, project: PROJECT, now });
const deploy = (wish: NewDeployment) => publishDeployment(db, wish, now);
const status = (number: number) => findDeployment(db, deploymentId(number))?.status;
const failure = (number: number) => findDeployment(db, deploymentId(number))?.failureReason;
const record = () => findRoute(db, PRODUCTION)?.record;
const view = (id = ROLLOUT) => {
  const row = findRollout(db, id);
  return row && toView(row);
};
const eventTypes = () => readEvents(db, { order: "asc", after: 0, limit: 500 }).map(({ type }) => type);
const lastEvent = (type: string) =>
  readEvents(db, { order: "asc", after: 0, limit: 500 }).findLast((event) => event.type === type);

function totals(over: Partial<TrafficTotals> = {}): TrafficTotals {
  return { metrics: [], canaryVisitors: 500, integrityFailures: [], countedProbes: [], ...over };
}

/** One look, in which the meter has counted whatever was probed. */
function look(over: Partial<TrafficTotals> = {}, id = ROLLOUT): void {
  claimDue(scene());
  const probe = findRollout(db, id)?.probe?.id;
  const countedProbes = probe ? (["canary", "control"] as const).map((side) => ({ probe, arm: side })) : [];
  stepRollout(scene(), { id, totals: totals({ countedProbes, ...over }), probeId: `probe-${now}` });
}

/** Lets a stage pass: the probe before its end, and the decision. */
function passStage(id = ROLLOUT): void {
  now += WINDOW_MS - 4_000;
  look({}, id);
  now += 4_000;
  look({}, id);
}

function change(command: RolloutCommand, wish: { expectedStage?: number; reason?: string } = {}, id = ROLLOUT) {
  return changeRollout(scene(), { rollout: id, command, wish, actor: GRACE });
}

function flip(kind: "promote" | "rollback", number: number, abortRollout: boolean) {
  const request = { project: PROJECT, channel: PRODUCTION, actor: GRACE, now };
  if (kind === "rollback") return rollBack(db, { ...request, wish: { abortRollout } });
  const wish = { deployment: deploymentId(number), force: false, abortRollout, env: "snapshot" } as const;
  return promote(db, { ...request, wish }, () => ok(EMPTY_ENV));
}

describe("a production deployment over a live one", () => {
  it("becomes the canary of its first stage by one write", () => {
    const before = record();
    expect(deploy({ number: 2 }).status).toBe("canary");
    expect(record()).toEqual({
      ...before,
      rev: (before?.rev ?? 0) + 1,
      canary: { ...arm(2), weightBps: 500, salt: ROLLOUT },
    });
    expect(status(1)).toBe("live");
    expect(view()).toMatchObject({ phase: "ramping", stage: 1, stages: [5, 25, 50, 100], weight: 5, outcome: null });
    expect(findEntry(db, `route/${PROJECT}/production`)?.value).toBe(JSON.stringify(record()));
    expect(nextTickAt(db)).toBe(now);
    expect(lastEvent("rollout.started")?.data).toMatchObject({ rollout: ROLLOUT, weightBps: 500, rev: record()?.rev });
  });

  it("told twice is published once", () => {
    deploy({ number: 2 });
    const after = record();
    const again = publish(
      db,
      PROJECT,
      deploymentId(2),
      { build: arm(2).build, blobs: 0, bytes: 0 },
      now,
      publishingOf(99),
    );
    expect([again, record()]).toEqual(["canary", after]);
    expect(findRollout(db, rolloutId(99))).toBeNull();
  });

  it.each([
    ["its app says skip", { config: { deployments: { canary: "skip" } } }, "skipped_by_file"],
    ["it is the same build", { build: "build 1" }, "same_build"],
    ["it is a preview's first", { channel: Channel.parse("pr-3") }, "preview"],
  ] as const)("goes to everybody at once when %s, and says why", (_when, wish, why) => {
    expect(deploy({ number: 2, ...wish }).status).toBe("live");
    expect(findRunning(db, PRODUCTION)).toBeNull();
    expect(lastEvent("route.flipped")?.data.canary).toBe(why);
  });

  it("goes to everybody at once when its project says skip, unless the file says more", () => {
    db.update(identity)
      .set({ settings: { build: EMPTY, canary: "skip", retention: { days: 30 } } })
      .run();
    expect(deploy({ number: 2 }).status).toBe("live");
    expect(lastEvent("route.flipped")?.data.canary).toBe("skipped_by_project");
    expect(deploy({ number: 3, config: { deployments: { canary: { stages: [10, 100] } } } }).status).toBe("canary");
    expect(view(rolloutId(3))).toMatchObject({ stages: [10, 100], weight: 10 });
  });

  it("goes to everybody at once where canaries are off by default, unless its project wants one", () => {
    const publishing = { ...publishingOf(2), defaultCanary: "skip" } as const;
    expect(publishDeployment(db, { number: 2 }, now, publishing).status).toBe("live");
    expect(lastEvent("route.flipped")?.data.canary).toBe("skipped_by_platform");
    db.update(identity)
      .set({ settings: { build: EMPTY, canary: {}, retention: { days: 30 } } })
      .run();
    expect(publishDeployment(db, { number: 3 }, now, publishing).status).toBe("canary");
  });

  it("with a single stage goes to everybody at once, and is watched", () => {
    expect(deploy({ number: 2, config: { deployments: { canary: { stages: [100] } } } }).status).toBe("live");
    expect(view()).toMatchObject({ phase: "baking", outcome: "completed", weight: 100 });
    expect(record()).toMatchObject({ rev: 2, live: arm(2), bake: { rollout: ROLLOUT, until: now + WINDOW_MS } });
  });

  it("keeps the settings it began with", () => {
    deploy({ number: 2, config: { deployments: { canary: { observationWindowSec: 300 } } } });
    db.update(identity)
      .set({ settings: { build: EMPTY, canary: "skip", retention: { days: 30 } } })
      .run();
    expect(view()?.settings.windowMs).toBe(300_000);
  });
});

const EMPTY = { root: null, installCommand: null, command: null, output: null };

describe("a rollout that nothing speaks against", () => {
  it("goes stage by stage to everybody, one write each, then is watched for a window", () => {
    deploy({ number: 2 });
    const seen: unknown[] = [];
    for (let stage = 0; stage < 3; stage++) {
      seen.push([status(2), record()?.canary?.weightBps, record()?.rev]);
      passStage();
    }
    expect(seen).toEqual([
      ["canary", 500, 2],
      ["canary", 2_500, 3],
      ["canary", 5_000, 4],
    ]);
    expect([status(2), status(1), record()?.canary, record()?.rev]).toEqual(["live", "superseded", undefined, 5]);
    expect(record()?.bake).toEqual({ rollout: ROLLOUT, until: now + WINDOW_MS });
    expect(view()).toMatchObject({ phase: "baking", outcome: "completed", stage: 4, weight: 100 });
    expect(listReleases(db, PRODUCTION, { before: undefined, limit: 1 })).toMatchObject([
      { kind: "deploy", deployment: deploymentId(2), by: "ada", rev: 5 },
    ]);
    now += WINDOW_MS;
    look();
    expect(view()).toMatchObject({ phase: "over", outcome: "completed" });
    expect([record()?.rev, nextTickAt(db)]).toEqual([5, null]);
    expect(eventTypes().filter((type) => type.startsWith("rollout."))).toEqual([
      "rollout.started",
      "rollout.advanced",
      "rollout.advanced",
      "rollout.completed",
      "rollout.finished",
    ]);
    expect(findEntry(db, `traffic/${ROLLOUT}`)).toMatchObject({ kind: "traffic" });
  });

  it("is looked at every second, and again when a look was lost", () => {
    deploy({ number: 2 });
    expect(claimDue(scene())).toEqual([ROLLOUT]);
    expect([claimDue(scene()), nextTickAt(db)]).toEqual([[], now + LOST_MS]);
    stepRollout(scene(), { id: ROLLOUT, totals: totals(), probeId: "p" });
    expect(nextTickAt(db)).toBe(now + LOOK_MS);
  });

  it("is held while the meter can not be reached, and says so once", () => {
    deploy({ number: 2 });
    now += WINDOW_MS;
    for (let n = 0; n < 9; n++, now += LOOK_MS) stepRollout(scene(), { id: ROLLOUT, totals: null, probeId: "p" });
    expect(view()?.hold?.reason).toBe("meter_unreachable");
    expect(eventTypes().filter((type) => type === "rollout.held")).toHaveLength(1);
    expect(record()?.canary?.weightBps).toBe(500);
    look();
    look();
    expect(view()).toMatchObject({ stage: 2, hold: null });
  });

  it("is held while a probe is sent and not counted, also when another one was", () => {
    deploy({ number: 2 });
    now += WINDOW_MS;
    look();
    now += 6_000;
    const countedProbes = [{ probe: "another", arm: "canary" as const }];
    stepRollout(scene(), { id: ROLLOUT, totals: totals({ countedProbes }), probeId: "p" });
    expect(view()?.hold?.reason).toBe("meter_silent");
  });
});

describe("a regression", () => {
  beforeEach(() => {
    deploy({ number: 2 });
    now += 3_000;
    look({ metrics: [BROKEN] });
  });

  it("is rolled back by one write", () => {
    expect(record()).toMatchObject({ rev: 3, live: arm(1), retained: [arm(2).build] });
    expect(record()).not.toHaveProperty("canary");
    expect([status(2), failure(2), status(1)]).toEqual(["failed", "canary_regression", "live"]);
    expect(findDeployment(db, deploymentId(2))?.failureDetail).toMatch(/^17 of 19 visitors with errors/);
    expect(view()).toMatchObject({ phase: "over", outcome: "rolled_back", weight: 0, stageEndsAt: null });
    expect(lastEvent("rollout.rolled_back")?.data).toMatchObject({ verdict: "regression", weightBps: 500, rev: 3 });
    expect(listReleases(db, PRODUCTION, { before: undefined, limit: 9 })).toHaveLength(1);
  });

  it("leaves a verdict that is replayed from what is stored, bit for bit", () => {
    const [stored] = listVerdicts(db, ROLLOUT);
    expect(stored).toMatchObject({ action: "rolled_back", verdict: { reason: "regression", at: now } });
    expect(stored && JSON.stringify(replay(stored.verdict))).toBe(JSON.stringify(stored?.verdict));
  });

  it("leaves a bundle that can be forced to be live", () => {
    const wish = {
      deployment: deploymentId(2),
      force: true,
      reason: "no, it is right",
      abortRollout: false,
      env: "snapshot",
    } as const;
    const forced = promote(db, { project: PROJECT, channel: PRODUCTION, wish, actor: GRACE, now }, () => ok(EMPTY_ENV));
    expect([forced.ok, status(2), record()?.live]).toEqual([true, "live", arm(2)]);
  });

  it("is over: nothing moves it any more", () => {
    const after = record();
    now += 10 * WINDOW_MS;
    look({ metrics: [BROKEN] });
    for (const command of ["pause", "resume", "advance", "abort", "complete"] as const) {
      expect(change(command)).toMatchObject({ ok: false, failure: { code: "rollout_over" } });
    }
    expect(record()).toEqual(after);
  });
});

describe("a bundle that is not whole in storage", () => {
  const damaged = { integrityFailures: [{ path: "/a.js", problem: "missing" }] } as const;

  it("is rolled back, and neither promoted nor used again", () => {
    deploy({ number: 2 });
    look(damaged);
    expect([status(2), failure(2), findDeployment(db, deploymentId(2))?.whole]).toEqual([
      "failed",
      "canary_integrity",
      false,
    ]);
  });

  it("is not used again by what has the same one, and its bytes are sent anew", () => {
    const blob = { sha: digest("a blob"), size: 1 };
    const announced = announceBlobs(db, [blob], { project: PROJECT, now, graceMs: 60_000 });
    if (announced.kind === "announced") recordBlobs(db, [blob], announced.generation);
    expect(findBlobs(db, [blob.sha]).size).toBe(1);
    deploy({ number: 2 });
    deploy({ number: 3, build: "build 2" });
    stepRollout(scene(), { id: rolloutId(3), totals: totals(damaged), probeId: "p" });
    expect([2, 3].map((number) => findDeployment(db, deploymentId(number))?.whole)).toEqual([false, false]);
    expect(findBlobs(db, [blob.sha]).size).toBe(0);
  });

  it("is rolled back while everybody has it, by a release that rollback understands", () => {
    deploy({ number: 2 });
    change("complete");
    expect(status(2)).toBe("live");
    look(damaged);
    expect([status(1), status(2), record()?.live]).toEqual(["live", "superseded", arm(1)]);
    expect(record()).not.toHaveProperty("bake");
    expect(listReleases(db, PRODUCTION, { before: undefined, limit: 1 })).toMatchObject([
      { kind: "rollback", deployment: deploymentId(1), by: "platform" },
    ]);
    expect(view()).toMatchObject({ phase: "over", outcome: "rolled_back" });
    expect(flip("rollback", 0, false)).toMatchObject({ failure: { code: "no_earlier_release" } });
    expect(flip("promote", 2, false)).toMatchObject({ failure: { code: "not_retained" } });
  });
});

describe("a newer deployment", () => {
  it("takes the place of a canary by one write, when it is ready and not before", () => {
    deploy({ number: 2 });
    passStage();
    expect(deploy({ number: 3 }).status).toBe("canary");
    expect([status(2), failure(2)]).toEqual(["failed", "replaced"]);
    expect(record()).toMatchObject({
      rev: 4,
      live: arm(1),
      canary: { ...arm(3), weightBps: 500, salt: rolloutId(3) },
      retained: [arm(2).build],
    });
    expect(view()).toMatchObject({ outcome: "replaced" });
    expect(findRunning(db, PRODUCTION)?.id).toBe(rolloutId(3));
  });

  it("that skips goes to everybody, and ends the canary", () => {
    deploy({ number: 2 });
    deploy({ number: 3, config: { deployments: { canary: "skip" } } });
    expect([status(1), status(2), status(3), record()?.rev]).toEqual(["superseded", "failed", "live", 3]);
  });

  it("ends the watch over what everybody has, which stays live beside it", () => {
    deploy({ number: 2 });
    change("complete");
    deploy({ number: 3 });
    expect([status(2), status(3)]).toEqual(["live", "canary"]);
    expect(record()).not.toHaveProperty("bake");
    expect(view()).toMatchObject({ phase: "over", outcome: "completed" });
  });
});

describe("what people ask of a rollout", () => {
  beforeEach(() => {
    deploy({ number: 2 });
  });

  it("is done at most once, and in the log with who and why", () => {
    expect(change("pause", { reason: "lunch" })).toMatchObject({ ok: true, value: { changed: true } });
    expect(change("pause")).toMatchObject({ ok: true, value: { changed: false } });
    expect(lastEvent("rollout.paused")).toMatchObject({ actor: "grace", reason: "lunch" });
    now += 10 * WINDOW_MS;
    look();
    expect(view()).toMatchObject({ stage: 1, stageEndsAt: null });
    expect(change("resume")).toMatchObject({ ok: true, value: { changed: true } });
    expect(change("resume")).toMatchObject({ ok: true, value: { changed: false } });
    expect(Date.parse(view()?.stageEndsAt ?? "")).toBe(now + WINDOW_MS);
  });

  it("of two who advance at once one wins, and the other learns the stage", () => {
    expect(change("advance", { expectedStage: 1 })).toMatchObject({ ok: true, value: { rollout: { stage: 2 } } });
    expect(change("advance", { expectedStage: 1 })).toMatchObject({
      ok: false,
      failure: { code: "stage_conflict", rollout: { id: ROLLOUT, stage: 2 } },
    });
    expect(record()?.canary?.weightBps).toBe(2_500);
  });

  it("may be to advance while it is paused, stage by stage; a pause is not taken from the new stage's window", () => {
    change("pause");
    now += 1_000_000;
    for (const weight of [25, 50]) {
      change("advance");
      expect(view()).toMatchObject({ weight, pausedAt: new Date(now).toISOString() });
    }
    now += 5_000;
    change("resume");
    expect(Date.parse(view()?.stageEndsAt ?? "")).toBe(now + WINDOW_MS);
    change("advance");
    expect([status(2), view()?.outcome]).toEqual(["live", "completed"]);
    expect(lastEvent("rollout.completed")?.actor).toBe("grace");
  });

  it("may be to abort it: one write, and the deployment failed", () => {
    expect(change("abort", { reason: "wrong branch" })).toMatchObject({ ok: true, value: { changed: true } });
    expect([status(2), failure(2), record()?.rev]).toEqual(["failed", "cancelled", 3]);
    expect(record()).not.toHaveProperty("canary");
    expect(change("abort")).toMatchObject({ ok: true, value: { changed: false } });
    expect(change("advance")).toMatchObject({ failure: { code: "rollout_over" } });
  });

  it("may be to complete it, also while it is paused", () => {
    change("pause");
    expect(change("complete")).toMatchObject({ ok: true, value: { rollout: { phase: "baking", pausedAt: null } } });
    expect(change("complete")).toMatchObject({ ok: true, value: { changed: false } });
    expect([status(2), record()?.live]).toEqual(["live", arm(2)]);
  });

  it("may be to cancel its deployment", () => {
    const wish = { reason: "oops" };
    expect(cancel(db, { project: PROJECT, deployment: deploymentId(2), wish, actor: GRACE, now })).toMatchObject({
      ok: true,
      value: { changed: true, row: { status: "failed", failureReason: "cancelled" } },
    });
    expect([record()?.canary, view()?.outcome]).toEqual([undefined, "aborted"]);
  });

  it("is nothing when there is no such rollout", () => {
    expect(change("pause", {}, rolloutId(77))).toMatchObject({ failure: { code: "rollout_not_found" } });
  });
});

describe("a flip by hand", () => {
  beforeEach(() => {
    deploy({ number: 2 });
    change("complete");
    deploy({ number: 3 });
  });

  it.each(["promote", "rollback"] as const)("is refused while a rollout runs: %s", (kind) => {
    const before = record();
    expect(flip(kind, 1, false)).toMatchObject({
      ok: false,
      failure: { code: "rollout_running", rollout: { id: rolloutId(3), stage: 1 } },
    });
    expect(record()).toEqual(before);
  });

  it.each(["promote", "rollback"] as const)("may abort it, by the same one write: %s", (kind) => {
    const rev = record()?.rev ?? 0;
    expect(flip(kind, 1, true).ok).toBe(true);
    expect(record()).toMatchObject({ rev: rev + 1, live: arm(1) });
    expect(record()).not.toHaveProperty("canary");
    expect([status(1), status(2), status(3), failure(3)]).toEqual(["live", "superseded", "failed", "cancelled"]);
    expect(findDeployment(db, deploymentId(3))?.failureDetail).toMatch(/^The rollout was aborted by \w+, who /);
  });

  it("is not how a canary becomes live", () => {
    expect(flip("promote", 3, true)).toMatchObject({ failure: { code: "rollout_running" } });
  });

  it("to what is live beside the canary ends the canary, if that was asked for", () => {
    expect(flip("promote", 2, false)).toMatchObject({ ok: true, value: { changed: false } });
    expect(flip("promote", 2, true)).toMatchObject({ ok: true, value: { changed: true } });
    expect([status(2), status(3), record()?.canary]).toEqual(["live", "failed", undefined]);
  });

  it("is free while everybody has the deployment already, and ends the watch", () => {
    change("complete", {}, rolloutId(3));
    expect(flip("rollback", 0, false)).toMatchObject({ ok: true });
    expect([status(2), status(3)]).toEqual(["live", "superseded"]);
    expect(view(rolloutId(3))).toMatchObject({ phase: "over", outcome: "completed" });
  });
});

describe("a project that is deleted", () => {
  it("ends its rollout, and comes back without a weight", () => {
    deploy({ number: 2 });
    const appsDomain = "apps.test";
    const self = () => db.select().from(identity).get() ?? expect.fail("no identity");
    deleteProject(db, { self: self(), wish: {}, actor: ADA, now, graceMs: 60_000, appsDomain });
    expect([status(2), failure(2), view()?.outcome, nextTickAt(db)]).toEqual(["failed", "cancelled", "aborted", null]);
    expect(findEntry(db, `route/${PROJECT}/production`)?.value).toBe("null");
    restoreProject(db, { self: self(), wish: {}, actor: ADA, now, appsDomain });
    const copy = JSON.parse(findEntry(db, `route/${PROJECT}/production`)?.value ?? "");
    expect(copy).toMatchObject({ rev: 3, live: arm(1) });
    expect(copy).not.toHaveProperty("canary");
  });
});

describe("the builds that open tabs may still ask for", () => {
  it("are those of a canary that is gone, too, without the ones that are shown", () => {
    deploy({ number: 2 });
    change("abort");
    deploy({ number: 3 });
    change("complete", {}, rolloutId(3));
    expect(record()).toMatchObject({ live: arm(3), retained: [arm(1).build, arm(2).build] });
    expect(digest("build 2")).toBe(arm(2).build);
  });
});
