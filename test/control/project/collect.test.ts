/** The plan from real rows: what each channel holds on to, and parts that are gone through one by one. */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import { collectPage, planPage } from "../../../control/project/collect.ts";
import type { Database } from "../../../control/project/database.ts";
import { readEvents } from "../../../control/project/journal.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import type { DeploymentId } from "../../../schema/ids.ts";
import { deployments, identity, releases, routes } from "../../../schema/project/tables.ts";
import { PROJECT, SLUG } from "../../support/plain-samples.ts";
import { arm, deploymentId, digest, routeRecord } from "../../support/samples.ts";
import { createProjectStorage } from "../../support/sqlite-storage.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const OLD = "2026-01-01T00:00:00.000Z";
const ADA = { token: "0123456789abcdef", name: "ada" };
const PREVIEW = Channel.parse("pr-7");

let db: Database;

beforeEach(() => {
  db = drizzle(createProjectStorage(), { casing: "snake_case" });
  db.insert(identity).values({ id: PROJECT, slug: SLUG }).run();
});

/** Number `n`, old and whole. */
function add(n: number, channel: Channel = PRODUCTION): void {
  const { deployment: id, build, env } = arm(n);
  const made = { id, build, env, channel, source: digest("source"), fresh: false, whole: true } as const;
  const at = { createdAt: OLD, updatedAt: OLD };
  db.insert(deployments)
    .values({ ...made, status: "superseded", createdBy: ADA.name, ...at })
    .run();
}

/** Makes the deployments live on a channel, one after the other. The record retains nothing. */
function release(numbers: readonly number[], channel: Channel = PRODUCTION, closedAt: string | null = null): void {
  let back: number | null = null;
  let last = { release: 0, live: arm(0) };
  for (const [index, n] of numbers.entries()) {
    const made = { channel, kind: "deploy", rev: index + 1, by: ADA.name, at: OLD } as const;
    const row: typeof releases.$inferInsert = { ...made, ...arm(n), back };
    const { id } = db.insert(releases).values(row).returning().get();
    last = { release: id, live: arm(n) };
    back = id;
  }
  const record = routeRecord({ channel, live: last.live });
  db.insert(routes).values({ channel, rev: numbers.length, record, release: last.release, closedAt }).run();
}

/** The whole plan: why each is kept, or goes. */
function plan(): Map<DeploymentId, string> {
  const reasons = new Map<DeploymentId, string>();
  let before: DeploymentId | null = null;
  do {
    const { keep, collect, next } = planPage(db, before, NOW, 200);
    for (const { deployment, reasons: why } of keep) reasons.set(deployment.id, why.join());
    for (const { deployment, reason } of collect) reasons.set(deployment.id, reason);
    before = next;
  } while (before !== null);
  return reasons;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe("the plan", () => {
  it("keeps the last ten releases of each channel, and what a rollback would return to", () => {
    for (const n of range(1, 12)) add(n);
    for (const n of range(21, 23)) add(n, PREVIEW);
    release(range(1, 12));
    release([22, 23], PREVIEW);
    const reasons = plan();
    expect([2, 3, 11, 12].map((n) => reasons.get(deploymentId(n)))).toEqual([
      "aged",
      "recent_release",
      "recent_release,rollback_target",
      "live,recent_release",
    ]);
    expect([21, 22].map((n) => reasons.get(deploymentId(n)))).toEqual(["aged", "recent_release,rollback_target"]);
  });

  it("keeps a build that the record of any open channel names, also of a channel that was looked at before", () => {
    for (const n of range(1, 500)) add(n, n > 400 ? PREVIEW : PRODUCTION);
    release([500], PREVIEW);
    db.update(routes)
      .set({ record: routeRecord({ channel: PREVIEW, live: arm(500), retained: [digest("build 7")] }) })
      .run();
    const reasons = plan();
    expect(reasons.size).toBe(500);
    expect([...reasons].filter(([, reason]) => reason !== "aged")).toEqual([
      [deploymentId(500), "live,recent_release"],
      [deploymentId(7), "open_tabs"],
    ]);
  });

  it("lets everything of a deleted channel go, and what its record names", () => {
    for (const n of [1, 2]) add(n, PREVIEW);
    release([1, 2], PREVIEW, "2026-11-23T00:00:00.000Z");
    expect([...plan().values()]).toEqual(["channel_deleted", "channel_deleted"]);
  });
});

describe("a sweep", () => {
  it("withdraws part by part, and each deployment once", () => {
    for (const n of range(1, 450)) add(n);
    release([200, 300]);
    const parts: number[] = [];
    let before: DeploymentId | null = null;
    do {
      const { collected, next } = collectPage(db, { before, actor: ADA, now: NOW });
      parts.push(collected);
      before = next;
    } while (before !== null);
    expect(parts).toEqual([199, 199, 50]);
    expect(collectPage(db, { before: null, actor: ADA, now: NOW })).toEqual({ collected: 0, next: null });
    const events = readEvents(db, { after: 0, limit: 1_000, order: "asc", type: "deployment.collected" });
    expect(new Set(events.map(({ deployment }) => deployment)).size).toBe(448);
  });
});
