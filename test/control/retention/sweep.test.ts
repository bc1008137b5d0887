/** A sweep on its own: what it reads, what it deletes, and when it rather deletes nothing. */
import { describe, expect, it } from "vitest";
import { Marks } from "../../../control/retention/marks.ts";
import { SweepLife, type SweepPorts, type SweptProject } from "../../../control/retention/sweep.ts";
import { firstRun, type SweepRun } from "../../../control/retention/sweep-run.ts";
import { blobKey, logKey, manifestKey, sourceKey } from "../../../schema/keys.ts";
import { PROJECT } from "../../support/plain-samples.ts";
import { deploymentId, digest } from "../../support/samples.ts";
import { createSqliteStorage } from "../../support/sqlite-storage.ts";

const listOf = (...letters: string[]) =>
  JSON.stringify({ files: letters.map((letter) => ({ sha256: digest(letter) })) });
const MANIFEST = listOf("a", "b");
const SOURCE = listOf("b", "c");
const blob = (letter: string) => blobKey(PROJECT, digest(letter));

function createPorts(bucket: Map<string, string>, change: Partial<SweptProject> = {}) {
  const calls: string[] = [];
  const project: SweptProject = {
    takeSweep: async () => ({ fence: 1, condemned: [], deleted: false }),
    openSweep: async () => ({ collected: 1, next: null }),
    keptBuilds: async (after) => (after === null ? [digest(MANIFEST)] : []),
    keptSources: async (after) => (after === null ? [digest(SOURCE)] : []),
    condemn: async (_, objects) =>
      objects.map(({ key }) => key).filter((key) => key !== logKey(PROJECT, deploymentId(1))),
    release: async (_, keys) => {
      calls.push(`release ${keys.length}`);
      return true;
    },
    endSweep: async () => true,
    ...change,
  };
  const marks = new Marks(createSqliteStorage().sql);
  marks.create();
  const ports: SweepPorts = {
    project,
    marks,
    store: {
      open: async (key) => {
        const text = bucket.get(key);
        return text === undefined ? null : new Blob([text]).stream();
      },
      list: async (prefix, after) => {
        const keys = [...bucket.keys()].filter((key) => key.startsWith(prefix) && key > (after ?? ""));
        const objects = keys.map((key) => ({ key, size: 10, uploadedAt: 0 }));
        return { objects, more: false };
      },
      remove: async (keys) => {
        calls.push(`remove ${keys.length}`);
        for (const key of keys) bucket.delete(key);
      },
    },
    pause: async (ms) => {
      calls.push(`pause ${ms}`);
    },
    quarantineMs: 60_000,
  };
  return { ports, calls };
}

/** @returns the run before its last step */
async function sweep(ports: SweepPorts): Promise<SweepRun> {
  const life = await SweepLife.begin(ports);
  let run = firstRun(PROJECT, "retention", "2026-11-23T12:00:00.000Z");
  for (let next = await life.step(run); next; next = await life.step(run)) run = next;
  return run;
}

function bucketOf(...extra: string[]): Map<string, string> {
  return new Map([
    [manifestKey(PROJECT, digest(MANIFEST)), MANIFEST],
    [sourceKey(PROJECT, digest(SOURCE)), SOURCE],
    ...["a", "b", "c", ...extra].map((letter) => [blob(letter), letter] as const),
    [logKey(PROJECT, deploymentId(1)), "kept"],
    [logKey(PROJECT, deploymentId(2)), "collected"],
    [`blobs/${PROJECT}/not-one-of-ours`, "?"],
  ]);
}

describe("a sweep", () => {
  it("proposes no blob that a kept manifest or list names, nor a key that is none of ours, and counts what went", async () => {
    const bucket = bucketOf("x", "y");
    const proposed: string[] = [];
    const { ports } = createPorts(bucket, {
      condemn: async (_, objects) => {
        proposed.push(...objects.map(({ key }) => key));
        return objects.map(({ key }) => key).filter((key) => key === blob("x"));
      },
    });
    expect(await sweep(ports)).toMatchObject({ deployments: 1, objects: 1, bytes: 10, blocked: null });
    expect(new Set(proposed.filter((key) => key.startsWith("blobs/")))).toEqual(new Set([blob("x"), blob("y")]));
    expect(bucket.has(blob("x"))).toBe(false);
    expect(bucket.has(blob("y"))).toBe(true);
  });

  it.each([
    ["is missing", (bucket: Map<string, string>) => bucket.delete(manifestKey(PROJECT, digest(MANIFEST)))],
    ["is damaged", (bucket: Map<string, string>) => bucket.set(manifestKey(PROJECT, digest(MANIFEST)), "{}")],
  ])("removes nothing when a kept manifest %s, and says so", async (_, harm) => {
    const bucket = bucketOf("x");
    harm(bucket);
    const keys = [...bucket.keys()];
    const { ports } = createPorts(bucket);
    const run = await sweep(ports);
    expect(run.blocked).toBe(`The manifest of build ${digest(MANIFEST)} is missing or damaged in storage.`);
    expect([...bucket.keys()]).toEqual(keys);
  });

  it("of a deleted project does nothing", async () => {
    const bucket = bucketOf("x");
    const { ports } = createPorts(bucket, { takeSweep: async () => ({ fence: 1, condemned: [], deleted: true }) });
    expect(await sweep(ports)).toMatchObject({ objects: 0 });
    expect(bucket.has(blob("x"))).toBe(true);
  });

  it("deletes again what the life before condemned, and frees it only after the quarantine", async () => {
    const bucket = bucketOf("x");
    const { ports, calls } = createPorts(bucket, {
      takeSweep: async () => ({ fence: 2, condemned: [blob("x")], deleted: false }),
    });
    await SweepLife.begin(ports);
    expect(calls).toEqual(["remove 1", "pause 60000", "release 1"]);
  });

  it("that is given up sends no delete any more", async () => {
    const bucket = bucketOf("x");
    let abandon = () => {};
    const { ports } = createPorts(bucket, {
      condemn: async (_, objects) => {
        abandon();
        return objects.map(({ key }) => key);
      },
    });
    const life = await SweepLife.begin(ports);
    abandon = () => life.abandon();
    const at = { ...firstRun(PROJECT, "retention", ""), stage: { name: "delete", prefix: 0, after: null } } as const;
    await expect(life.step(at)).rejects.toThrow("this life of the sweeper is over");
    expect(bucket.size).toBe(bucketOf("x").size);
  });
});

it("marks take any number of blobs", () => {
  const marks = new Marks(createSqliteStorage().sql);
  marks.create();
  const shas = Array.from({ length: 25_000 }, (_, n) => digest(String(n)));
  marks.add(shas);
  marks.add(shas.slice(0, 10));
  expect(marks.unmarked([digest("other"), ...shas.slice(0, 1_000)])).toEqual([digest("other")]);
  marks.clear();
  expect(marks.unmarked(shas.slice(0, 5))).toHaveLength(5);
});
