/** The rules by which keys are condemned while others rely on them; control/project/condemn.ts says why each is needed. */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import * as condemning from "../../../control/project/condemn.ts";
import type { Database } from "../../../control/project/database.ts";
import { patchDeployment } from "../../../control/project/deployment-rows.ts";
import { once } from "../../../control/project/idempotency.ts";
import { readEvents } from "../../../control/project/journal.ts";
import { addDeployment, markBuilt, recordVerified } from "../../../control/project/progress.ts";
import {
  announceBlobs,
  announceSource,
  findBlobs,
  hasSource,
  recordBlobs,
  recordSource,
} from "../../../control/project/stored-blobs.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import { PRODUCTION } from "../../../schema/hostname.ts";
import { blobKey, logKey, manifestKey, sourceKey } from "../../../schema/keys.ts";
import { blobs, idempotency, identity } from "../../../schema/project/tables.ts";
import { ok } from "../../../schema/result.ts";
import { PROJECT, SLUG } from "../../support/plain-samples.ts";
import { deploymentId, digest } from "../../support/samples.ts";
import { createProjectStorage } from "../../support/sqlite-storage.ts";

const ADA = { token: "0123456789abcdef", name: "ada" };
const HOUR = 60 * 60_000;
const GRACE = 24 * HOUR;
const START = Date.UTC(2026, 10, 23, 12);
const A = { sha: digest("a"), size: 1 };
const SOURCE = digest("source of a");
const KEY = blobKey(PROJECT, A.sha);
const OUTCOME = { deployments: 0, objects: 0, bytes: 0, blocked: null };

let db: Database;
let now: number;

beforeEach(() => {
  db = drizzle(createProjectStorage(), { casing: "snake_case" });
  db.insert(identity).values({ id: PROJECT, slug: SLUG }).run();
  now = START;
});

const at = () => ({ project: PROJECT, now, graceMs: GRACE });

function announced(): number {
  const answer = announceBlobs(db, [A], at());
  if (answer.kind === "busy") throw new Error("busy");
  return answer.generation;
}

function store(): void {
  expect(recordBlobs(db, [A], announced())).toBe(true);
}

/** A sweep whose marks begin now. @returns its fence */
function open(): number {
  const { fence } = condemning.takeSweep(db);
  expect(condemning.openSweep(db, fence, { before: null, actor: ADA, graceMs: GRACE, now })).not.toBeNull();
  return fence;
}

function condemn(fence: number, keys: string[] = [KEY], uploadedAt = START): string[] | null {
  const listed = keys.map((key) => ({ key, uploadedAt }));
  return condemning.condemn(db, PROJECT, fence, listed, GRACE);
}

function deploy(n = 1) {
  const fields = { id: deploymentId(n), source: SOURCE, env: digest("{}"), channel: PRODUCTION, fresh: false };
  return addDeployment(db, PROJECT, { ...fields, settings: DEFAULT_SETTINGS.build, createdBy: ADA }, now);
}

describe("a blob", () => {
  it("that nobody asked for during the grace period is condemned: it is not stored any more, and busy until it is released", () => {
    store();
    now += GRACE + 1;
    const fence = open();
    expect(condemn(fence)).toEqual([KEY]);
    expect(findBlobs(db, [A.sha]).size).toBe(0);
    expect(announceBlobs(db, [A], at())).toEqual({ kind: "busy" });
    expect(announceSource(db, SOURCE, [A.sha], at())).toEqual({ kind: "busy" });
    expect(condemning.release(db, fence, [KEY])).toBe(true);
    expect(announceBlobs(db, [A], at())).toMatchObject({ kind: "announced", stored: new Map() });
  });

  it.each([
    ["announced again", () => announced()],
    ["part of a source that is asked for", () => announceSource(db, SOURCE, [A.sha], at())],
  ])("is spared when it is %s, also after the marks began", (_, touch) => {
    store();
    now += GRACE + 1;
    const fence = open();
    touch();
    expect(condemn(fence)).toEqual([]);
    expect(findBlobs(db, [A.sha]).get(A.sha)).toBe(1);
  });

  it("is spared for three quarters of the grace period at least, however seldom its announcements are written down", () => {
    store();
    now += GRACE / 4 - 1;
    announced();
    expect(db.select().from(blobs).get()?.touchedAt).toBe(START);
    now += (GRACE * 3) / 4;
    expect(condemn(open())).toEqual([]);
    now += 2;
    expect(condemn(open())).toEqual([KEY]);
  });

  it("that no row knows is spared while its bytes are young", () => {
    now += GRACE + 1;
    const fence = open();
    expect(condemn(fence, [KEY], now - GRACE + 1)).toEqual([]);
    expect(condemn(fence, [KEY], now - GRACE - 1)).toEqual([KEY]);
  });

  it("that a deployment in progress announced is spared, however long that takes", () => {
    const { id } = deploy();
    announced();
    now += 50 * GRACE;
    expect(condemn(open())).toEqual([]);
    recordVerified(db, id, [A], now);
    expect(findBlobs(db, [A.sha]).size).toBe(1);
  });
});

describe("bytes that were on their way when they were condemned", () => {
  it("are not recorded, and not when another has announced them since", () => {
    const generation = announced();
    now += GRACE + 1;
    const fence = open();
    expect(condemn(fence)).toEqual([KEY]);
    expect(recordBlobs(db, [A], generation)).toBe(false);
    condemning.release(db, fence, [KEY]);
    const other = announced();
    expect(recordBlobs(db, [A], generation)).toBe(false);
    expect(findBlobs(db, [A.sha]).size).toBe(0);
    expect(recordBlobs(db, [A], other)).toBe(true);
  });

  it("nor is the list of a source that was withdrawn in the meantime", () => {
    store();
    const answer = announceSource(db, SOURCE, [A.sha], at());
    if (answer.kind === "busy") throw new Error("busy");
    const { generation } = answer;
    const list = { sha: SOURCE, files: 1, bytes: 1, generation };
    now += GRACE + 1;
    const fence = open();
    expect(recordSource(db, list, ADA, "")).toBe(false);
    expect(condemn(fence, [sourceKey(PROJECT, SOURCE), KEY])).toEqual([KEY, sourceKey(PROJECT, SOURCE)]);
    condemning.release(db, fence, [KEY, sourceKey(PROJECT, SOURCE)]);
    store();
    announceSource(db, SOURCE, [A.sha], at());
    expect(recordSource(db, list, ADA, "")).toBe(false);
    expect(hasSource(db, SOURCE)).toBe(false);
  });

  it("nor what a cancelled deployment's run still saw", () => {
    const { id } = deploy();
    patchDeployment(db, id, { status: "failed" });
    recordVerified(db, id, [A], now);
    expect(findBlobs(db, [A.sha]).size).toBe(0);
  });
});

describe("a source", () => {
  const commit = () => {
    store();
    const answer = announceSource(db, SOURCE, [A.sha], at());
    if (answer.kind === "announced") recordSource(db, { sha: SOURCE, files: 1, bytes: 1, ...answer }, ADA, "");
  };

  it("of a deployment that is kept stays, an old one of none is withdrawn when the marks begin", () => {
    commit();
    deploy();
    now += GRACE + 1;
    let fence = open();
    expect([hasSource(db, SOURCE), condemning.keptSources(db, null)]).toEqual([true, [SOURCE]]);
    expect(condemn(fence, [sourceKey(PROJECT, SOURCE)])).toEqual([]);
    patchDeployment(db, deploymentId(1), { status: "failed", collectedAt: "2026-11-23T12:00:00.000Z" });
    fence = open();
    expect([hasSource(db, SOURCE), condemning.keptSources(db, null)]).toEqual([false, []]);
    expect(condemn(fence, [sourceKey(PROJECT, SOURCE)])).toEqual([sourceKey(PROJECT, SOURCE)]);
  });

  it("that was just committed stays", () => {
    commit();
    now += HOUR;
    expect(condemn(open(), [sourceKey(PROJECT, SOURCE), KEY], START - 90 * GRACE)).toEqual([]);
  });
});

describe("a manifest and a log", () => {
  const build = digest("build");
  const keys = [manifestKey(PROJECT, build), logKey(PROJECT, deploymentId(1))];

  it.each([
    ["in progress", { phase: "build" }, []],
    ["that is whole", { status: "superseded", whole: true }, []],
    ["that failed before it was whole: the manifest alone", { status: "failed" }, keys.slice(0, 1)],
    ["that was collected: both", { status: "failed", collectedAt: "2026-11-23T12:00:00.000Z" }, keys],
  ] as const)("of a deployment %s", (_, patch, expected) => {
    const { id } = deploy();
    markBuilt(db, id, { build, files: 1, bytes: 1, config: {} }, now);
    patchDeployment(db, id, patch);
    // Its own age keeps it out of the plan's reach.
    now += HOUR;
    expect(condemn(open(), keys, START - 90 * GRACE)).toEqual(expected);
  });
});

describe("a life of the sweeper that is over", () => {
  it("condemns nothing, frees nothing and ends nothing any more", () => {
    store();
    now += GRACE + 1;
    const old = open();
    const { fence } = condemning.takeSweep(db);
    expect(condemn(old)).toBeNull();
    expect(condemn(fence)).toEqual([KEY]);
    expect(condemning.release(db, old, [KEY])).toBeNull();
    expect(condemning.openSweep(db, old, { before: null, actor: ADA, graceMs: GRACE, now })).toBeNull();
    expect(condemning.endSweep(db, old, { outcome: OUTCOME, actor: ADA, graceMs: GRACE, now })).toBeNull();
    expect(condemning.takeSweep(db).condemned).toEqual([KEY]);
  });
});

describe("the end of a sweep", () => {
  it("is not before everything condemned is released", () => {
    store();
    now += GRACE + 1;
    const fence = open();
    condemn(fence);
    const end = () => condemning.endSweep(db, fence, { outcome: OUTCOME, actor: ADA, graceMs: GRACE, now });
    expect(end).toThrow("while keys are condemned");
    condemning.release(db, fence, [KEY]);
    expect(end()).toBe(true);
    // Marks of a sweep that is over do not count.
    expect(condemn(fence)).toBeNull();
  });

  it("forgets announcements that nothing came of and answers from 30 days ago, and is an event", () => {
    announced();
    const request = { key: "token:key", requestHash: digest("request") };
    once(db, request, new Date(now).toISOString(), () => ok(null));
    now += 30 * 24 * HOUR + 1;
    const outcome = { deployments: 1, objects: 2, bytes: 3, blocked: null };
    condemning.endSweep(db, open(), { outcome, actor: ADA, graceMs: GRACE, now });
    expect(db.select().from(blobs).all()).toEqual([]);
    expect(db.select().from(idempotency).all()).toEqual([]);
    expect(readEvents(db, { order: "asc", after: 0, limit: 10 })).toMatchObject([
      { type: "retention.swept", actor: "ada", actorToken: ADA.token, data: outcome },
    ]);
  });
});
