import { describe, expect, it } from "vitest";
import {
  createLayeredDirectory,
  DENIED_MS,
  DIRECTORY_BURST,
  type HostSources,
  MISS_MS,
} from "../../router/hosts-layers.ts";
import { Hostname } from "../../schema/hostname.ts";
import { hostKey } from "../../schema/keys.ts";
import { createMemoryRegistry } from "../support/memory-registry.ts";
import { OTHER_PROJECT, PROJECT } from "../support/routes.ts";
import { createSteppedClock } from "../support/stepped-clock.ts";

const SHOP = Hostname.parse("shop.apps.test");
const OWNED = { kind: "project", project: PROJECT };
const never = () => new Promise<never>(() => {});
const broken = () => Promise.reject(new Error("out of order"));

function createDirectory(change: Partial<HostSources> = {}) {
  const clock = createSteppedClock();
  const memory = createMemoryRegistry();
  const reports: unknown[] = [];
  const report = (event: string, facts: Readonly<Record<string, string>>) => void reports.push({ event, ...facts });
  const directory = createLayeredDirectory({ ...memory, ...change }, { clock, report });
  return { clock, memory, reports, directory };
}

describe("the owner of a host name", () => {
  it("comes from its copy in KV, and from then on from memory", async () => {
    const { directory, memory } = createDirectory();
    memory.kv.set(hostKey(SHOP), JSON.stringify({ version: 1, project: PROJECT }));
    expect(await directory.find(SHOP)).toEqual(OWNED);
    expect(directory.find(SHOP)).toEqual(OWNED);
    expect(memory.asked).toEqual([`kv:${hostKey(SHOP)}`]);
  });

  it("comes from the directory while KV has no copy yet", async () => {
    const { directory, memory } = createDirectory();
    memory.hostnames.set(SHOP, PROJECT);
    expect(await directory.find(SHOP)).toEqual(OWNED);
  });

  it("is nobody for a second once its project has denied it, and is then looked up anew", async () => {
    const { clock, directory, memory } = createDirectory();
    memory.hostnames.set(SHOP, PROJECT);
    await directory.find(SHOP);
    memory.hostnames.set(SHOP, OTHER_PROJECT);
    directory.forget(SHOP);
    expect(directory.find(SHOP)).toEqual({ kind: "unknown" });
    await clock.advance(DENIED_MS);
    expect(await directory.find(SHOP)).toEqual({ kind: "project", project: OTHER_PROJECT });
  });

  it("is asked for once in five seconds when there is none", async () => {
    const { clock, directory, memory } = createDirectory();
    await directory.find(SHOP);
    expect(directory.find(SHOP)).toEqual({ kind: "unknown" });
    expect(memory.asked).toHaveLength(2);
    memory.hostnames.set(SHOP, PROJECT);
    await clock.advance(MISS_MS);
    expect(await directory.find(SHOP)).toEqual(OWNED);
  });
});

describe("a flood of guessed host names", () => {
  it("reaches the directory no faster than the bucket fills, and is told the truth: not verified", async () => {
    const { clock, directory, memory } = createDirectory();
    const answers: string[] = [];
    for (let n = 0; n < 1_000; n++) answers.push((await directory.find(Hostname.parse(`guess-${n}.apps.test`))).kind);
    const queries = () => memory.asked.filter((what) => what.startsWith("d1:")).length;
    expect(queries()).toBe(DIRECTORY_BURST);
    expect(answers.filter((kind) => kind === "unverified")).toHaveLength(1_000 - DIRECTORY_BURST);
    await clock.advance(1_000);
    for (let n = 0; n < 100; n++) await directory.find(Hostname.parse(`more-${n}.apps.test`));
    expect(queries()).toBe(DIRECTORY_BURST + 10);
  });

  it("does not push out a host that exists", async () => {
    const { directory, memory } = createDirectory({ readDirectory: async () => null });
    memory.kv.set(hostKey(SHOP), JSON.stringify({ version: 1, project: PROJECT }));
    await directory.find(SHOP);
    for (let n = 0; n < 30_000; n++) await directory.find(Hostname.parse(`guess-${n}.apps.test`));
    memory.asked.length = 0;
    expect(directory.find(SHOP)).toEqual(OWNED);
    expect(memory.asked).toEqual([]);
  });
});

describe("an outage", () => {
  it("of KV falls through to the directory", async () => {
    const { directory, memory, reports } = createDirectory({ readCopy: broken });
    memory.hostnames.set(SHOP, PROJECT);
    expect(await directory.find(SHOP)).toEqual(OWNED);
    expect(reports).toMatchObject([{ event: "hosts.not_answering", source: "copy", reason: "error" }]);
  });

  it("of KV that hangs costs its deadline and no more", async () => {
    const { clock, directory, memory } = createDirectory({ readCopy: never });
    memory.hostnames.set(SHOP, PROJECT);
    const finding = directory.find(SHOP);
    await clock.advance(1_000);
    expect(await finding).toEqual(OWNED);
  });

  it("of both says that nobody knows, and does not remember that as a miss", async () => {
    const { directory, reports } = createDirectory({ readCopy: broken, readDirectory: broken });
    expect(await directory.find(SHOP)).toEqual({ kind: "unverified" });
    expect(await directory.find(SHOP)).toEqual({ kind: "unverified" });
    expect(reports).toHaveLength(4);
  });
});
