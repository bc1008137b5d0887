/** Environment variables on the rows of a project: what is kept, what a snapshot names, what a lost key takes away. */
import { randomBytes } from "node:crypto";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../control/project/database.ts";
import { patchDeployment } from "../../../control/project/deployment-rows.ts";
import {
  currentDigest,
  forgetSnapshots,
  hasSnapshot,
  readSnapshot,
  takeSnapshot,
} from "../../../control/project/env-snapshots.ts";
import type { Vault } from "../../../control/project/env-values.ts";
import {
  changeVariables,
  describeVariables,
  readVariables,
  resealVariables,
} from "../../../control/project/env-variables.ts";
import { readEvents } from "../../../control/project/journal.ts";
import { addDeployment } from "../../../control/project/progress.ts";
import { ChangeVariables } from "../../../schema/contracts/env-vars.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import { EMPTY_ENV } from "../../../schema/env-snapshot.ts";
import type { Environment } from "../../../schema/environment.ts";
import { PRODUCTION } from "../../../schema/hostname.ts";
import { projectIdFrom } from "../../../schema/ids.ts";
import { envSnapshots, envValues, identity } from "../../../schema/project/tables.ts";
import { MAX_VARIABLES } from "../../../schema/variable.ts";
import { PROJECT, SLUG } from "../../support/plain-samples.ts";
import { deploymentId, digest } from "../../support/samples.ts";
import { createProjectStorage } from "../../support/sqlite-storage.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const ADA = { token: "0123456789abcdef", name: "ada" };
const key = (id: string) => ({ id, secret: randomBytes(32) });
const [K1, K2] = [key("k1"), key("k2")];
const VAULT: Vault = { project: PROJECT, keys: [K1] };
const SECRET = "s3cr3t-of-the-shop";

let db: Database;

beforeEach(() => {
  db = drizzle(createProjectStorage(), { casing: "snake_case" });
  db.insert(identity).values({ id: PROJECT, slug: SLUG }).run();
});

function change(wish: object, { vault = VAULT, environment = "production" as Environment } = {}) {
  return changeVariables(db, vault, { environment, wish: ChangeVariables.parse(wish), actor: ADA, now: NOW });
}

function set(name: string, value: string, more: object = {}, options = {}) {
  return change({ set: [{ name, value, ...more }] }, options);
}

function snapshot(vault = VAULT, environment: Environment = "production") {
  const taken = takeSnapshot(db, vault, environment, NOW);
  if (!taken.ok) throw new Error(taken.failure.detail);
  return taken.value;
}

describe("variables", () => {
  it("are listed by name, without values, and say what becomes of them", () => {
    set("VITE_API", "https://api.example.org", { visibility: "public" });
    set("DB", SECRET, { visibility: "secret" });
    const listed = set("MODE", "production");
    const { variables } = listed.ok ? listed.value : { variables: [] };
    expect(variables).toMatchObject([
      { name: "DB", visibility: "secret", searched: true, publishedBy: [], lost: false, updatedBy: "ada" },
      { name: "MODE", visibility: "private", searched: false },
      { name: "VITE_API", visibility: "public", searched: false, publishedBy: expect.arrayContaining(["Vite"]) },
    ]);
    expect(JSON.stringify(listed)).not.toContain(SECRET);
  });

  it("are encrypted at rest, with the key's id beside them", () => {
    set("DB", SECRET);
    const [row] = db.select().from(envValues).all();
    expect(row).toMatchObject({ name: "DB", key: "k1" });
    expect(JSON.stringify(row)).not.toContain(SECRET);
    expect(Buffer.from(row?.box ?? "", "base64").includes(SECRET)).toBe(false);
  });

  it("of two environments do not know of each other", () => {
    set("DB", SECRET);
    set("DB", SECRET, {}, { environment: "preview" });
    expect(
      new Set(
        db
          .select()
          .from(envValues)
          .all()
          .map((row) => row.digest),
      ).size,
    ).toBe(2);
    change({ remove: ["DB"] });
    expect(describeVariables(db, VAULT, "production").variables).toEqual([]);
    expect(describeVariables(db, VAULT, "preview").variables).toHaveLength(1);
  });

  it("are given back unless they are secret; a secret one stays secret when it is set again", () => {
    set("DB", "first", { visibility: "secret" });
    set("DB", SECRET);
    set("URL", "https://example.org/x");
    expect(readVariables(db, VAULT, "production")).toEqual({
      ok: true,
      value: {
        environment: "production",
        variables: [
          { name: "DB", visibility: "secret", value: null },
          { name: "URL", visibility: "private", value: "https://example.org/x" },
        ],
      },
    });
    expect(readSnapshot(db, VAULT, snapshot())).toMatchObject({ variables: [{ name: "DB", value: SECRET }, {}] });
  });

  it("leave an event with their names alone, and none when nothing changed", () => {
    set("DB", SECRET);
    set("DB", SECRET);
    change({ set: [{ name: "B", value: "2" }], remove: ["DB"] });
    const events = readEvents(db, { after: 0, limit: 10, order: "asc" });
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["variables.updated", { environment: "production", set: "DB", removed: "" }],
      ["variables.updated", { environment: "production", set: "B", removed: "DB" }],
    ]);
  });

  it("that are not there can not be removed, and then nothing else changes either", () => {
    set("A", "1");
    const refused = change({ set: [{ name: "B", value: "2" }], remove: ["C"] });
    expect(refused).toMatchObject({ ok: false, failure: { code: "variable_not_found" } });
    expect(describeVariables(db, VAULT, "production").variables.map(({ name }) => name)).toEqual(["A"]);
  });

  it("are limited in number and in bytes together, and what is too much writes nothing", () => {
    const list = (from: number, count: number, value: string) =>
      Array.from({ length: count }, (_, n) => ({ name: `V${from + n}`, value }));
    expect(change({ set: list(0, MAX_VARIABLES, "1") }).ok).toBe(true);
    const one = set("ONE_MORE", "1");
    expect(one).toMatchObject({ ok: false, failure: { code: "limit_reached" } });
    change({ remove: list(0, 100, "").map(({ name }) => name) });
    const before = db.select().from(envValues).all();
    const bytes = change({ set: list(0, 9, "x".repeat(32 * 1024)) });
    expect(bytes).toMatchObject({
      ok: false,
      failure: { code: "limit_reached", detail: expect.stringContaining("262144") },
    });
    expect(db.select().from(envValues).all()).toEqual(before);
  });

  it("can not be set without a key", () => {
    const refused = set("A", "1", {}, { vault: { ...VAULT, keys: [] } });
    expect(refused).toMatchObject({
      ok: false,
      failure: { code: "env_key_lost", detail: expect.stringContaining("ENV_KEYS") },
    });
  });
});

describe("a snapshot", () => {
  it("without variables needs no key, and is the same everywhere", () => {
    expect(takeSnapshot(db, { ...VAULT, keys: [] }, "preview", NOW)).toEqual({ ok: true, value: EMPTY_ENV });
    expect(readSnapshot(db, { ...VAULT, keys: [] }, EMPTY_ENV)).toEqual({ kind: "variables", variables: [] });
  });

  it("is the same for the same variables, and another for every change", () => {
    const seen = [snapshot()];
    const steps = [
      () => set("A", "1"),
      () => set("A", "2"),
      () => set("B", "2"),
      () => set("B", "2", { visibility: "public" }),
      () => change({ remove: ["B"] }),
      () => set("A", "1"),
    ];
    for (const step of steps) {
      step();
      seen.push(snapshot());
      expect(describeVariables(db, VAULT, "production").digest).toBe(seen.at(-1));
    }
    // The fifth is {A: 2} again, the sixth {A: 1}.
    expect(new Set(seen).size).toBe(5);
    expect(seen[5]).toBe(seen[2]);
    expect(seen[6]).toBe(seen[1]);
  });

  it("has a digest that only this project gives", () => {
    const other = drizzle(createProjectStorage(), { casing: "snake_case" });
    const vault: Vault = { ...VAULT, project: projectIdFrom("01a208a6-42c4-7532-9056-867fa76ef6cd") };
    set("PIN", "1234");
    const wish = ChangeVariables.parse({ set: [{ name: "PIN", value: "1234" }] });
    other.insert(identity).values({ id: vault.project, slug: SLUG }).run();
    changeVariables(other, vault, { environment: "production", wish, actor: ADA, now: NOW });
    expect(currentDigest(other, vault, "production")).not.toBe(currentDigest(db, VAULT, "production"));
  });

  it("keeps the values that it was taken with", () => {
    set("A", "first");
    const first = snapshot();
    set("A", "second");
    change({ set: [{ name: "B", value: "3" }], remove: ["A"] });
    expect(readSnapshot(db, VAULT, first)).toEqual({
      kind: "variables",
      variables: [{ name: "A", visibility: "private", value: "first" }],
    });
  });

  it("goes with the last deployment that names it, and its values with it", () => {
    set("A", "first");
    const first = snapshot();
    deploy(1, first);
    deploy(2, first);
    set("A", "second");
    const second = snapshot();
    deploy(3, second);
    collect(1);
    expect([hasSnapshot(db, first), hasSnapshot(db, second)]).toEqual([true, true]);
    collect(2);
    expect([hasSnapshot(db, first), hasSnapshot(db, second)]).toEqual([false, true]);
    expect(db.select().from(envValues).all()).toHaveLength(1);
    collect(3);
    expect(db.select().from(envSnapshots).all()).toEqual([]);
    // It is still what the environment has.
    expect(db.select().from(envValues).all()).toHaveLength(1);
    expect(hasSnapshot(db, EMPTY_ENV)).toBe(true);
  });

  function deploy(number: number, env: typeof EMPTY_ENV) {
    const fields = {
      id: deploymentId(number),
      channel: PRODUCTION,
      source: digest("source"),
      env,
      fresh: false,
      settings: DEFAULT_SETTINGS.build,
      createdBy: ADA,
    };
    addDeployment(db, PROJECT, fields, NOW);
  }

  function collect(number: number) {
    patchDeployment(db, deploymentId(number), { collectedAt: new Date(NOW).toISOString() });
    forgetSnapshots(db);
  }
});

describe("with a newer key", () => {
  const rotated: Vault = { ...VAULT, keys: [K2, K1] };

  it("what older ones closed still opens, and is closed anew when asked for", () => {
    set("A", "first value");
    const before = snapshot();
    set("B", "second value", {}, { vault: rotated });
    expect(
      db
        .select()
        .from(envValues)
        .all()
        .map((row) => row.key)
        .sort(),
    ).toEqual(["k1", "k2"]);
    expect(resealVariables(db, rotated, { actor: ADA, now: NOW })).toEqual({
      ok: true,
      value: { key: "k2", resealed: 1, lost: 0, lostKeys: [] },
    });
    const onlyNew: Vault = { ...VAULT, keys: [K2] };
    expect(readSnapshot(db, onlyNew, snapshot(onlyNew))).toMatchObject({
      variables: [{ value: "first value" }, { value: "second value" }],
    });
    expect(readSnapshot(db, onlyNew, before)).toMatchObject({ variables: [{ value: "first value" }] });
    change({ remove: ["B"] }, { vault: onlyNew });
    expect(snapshot(onlyNew)).toBe(before);
  });
});

describe("with a key lost", () => {
  const lost: Vault = { ...VAULT, keys: [K2] };

  it("names what can not be read and what to do, and sets it anew", () => {
    set("A", "first value");
    set("B", "second value");
    const before = snapshot();
    const state = describeVariables(db, lost, "production");
    expect(state).toMatchObject({
      digest: null,
      variables: [
        { name: "A", lost: true },
        { name: "B", lost: true },
      ],
    });
    const refusal = { code: "env_key_lost", detail: expect.stringMatching(/^A, B can not be read: the key k1 is not/) };
    expect(takeSnapshot(db, lost, "production", NOW)).toEqual({ ok: false, failure: refusal });
    expect(readVariables(db, lost, "production")).toEqual({ ok: false, failure: refusal });
    expect(readSnapshot(db, lost, before)).toEqual({ kind: "lost", detail: refusal.detail });
    set("A", "first value", {}, { vault: lost });
    expect(takeSnapshot(db, lost, "production", NOW)).toMatchObject({ ok: false, failure: { detail: /^B can/ } });
    change({ remove: ["B"] }, { vault: lost });
    expect(readSnapshot(db, lost, snapshot(lost))).toMatchObject({ variables: [{ name: "A", value: "first value" }] });
  });

  it("leaves the other environment and what has no variables alone", () => {
    set("A", "first value");
    expect(takeSnapshot(db, lost, "preview", NOW)).toEqual({ ok: true, value: EMPTY_ENV });
    set("P", "preview value", {}, { vault: lost, environment: "preview" });
    expect(readSnapshot(db, lost, snapshot(lost, "preview"))).toMatchObject({
      variables: [{ value: "preview value" }],
    });
  });

  it("is noticed when another key has its id", () => {
    set("A", "first value");
    const wrong: Vault = { ...VAULT, keys: [{ id: "k1", secret: K2.secret }] };
    expect(takeSnapshot(db, wrong, "production", NOW)).toMatchObject({
      ok: false,
      failure: { code: "env_key_lost", detail: expect.stringContaining("A can not be read") },
    });
    expect(resealVariables(db, wrong, { actor: ADA, now: NOW })).toMatchObject({
      value: { lost: 1, lostKeys: ["k1"] },
    });
  });
});
