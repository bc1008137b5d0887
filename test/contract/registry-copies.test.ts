/** What the copies of hosts and routes and the directory behind them do, held against memory and against KV and D1. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createHostDirectory } from "../../router/hosts-d1.ts";
import { createHostCopies } from "../../router/hosts-kv.ts";
import type { HostSources } from "../../router/hosts-layers.ts";
import type { RouteSources } from "../../router/registry-layers.ts";
import { createRouteCopies } from "../../router/routes-kv.ts";
import { sha256 } from "../../schema/digest.ts";
import { Channel, Hostname, PRODUCTION } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { hostKey, routeKey } from "../../schema/keys.ts";
import { createMemoryRegistry } from "../support/memory-registry.ts";
import { startBindings } from "../support/miniflare-bindings.ts";
import { arm, canaryArm, OTHER_PROJECT, PROJECT, routeRecord } from "../support/routes.ts";

interface Subject {
  readonly hosts: HostSources;
  readonly readCopy: RouteSources["readCopy"];
  readonly putCopy: (key: string, value: string) => Promise<void>;
  readonly register: (hostname: Hostname, project: ProjectId) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  memory: async () => {
    const memory = createMemoryRegistry();
    return {
      hosts: memory,
      readCopy: memory.routes.readCopy,
      putCopy: async (key, value) => void memory.kv.set(key, value),
      register: async (hostname, project) => void memory.hostnames.set(hostname, project),
      stop: async () => undefined,
    };
  },
  "KV and D1": async () => {
    const { bindings, stop } = await startBindings();
    const insert = (sql: string, ...values: string[]) =>
      bindings.DIRECTORY.prepare(sql)
        .bind(...values)
        .run();
    return {
      hosts: { readCopy: createHostCopies(bindings.REGISTRY), readDirectory: createHostDirectory(bindings.DIRECTORY) },
      readCopy: createRouteCopies(bindings.REGISTRY),
      putCopy: (key, value) => bindings.REGISTRY.put(key, value),
      register: async (hostname, project) => {
        await insert(
          "INSERT INTO projects (id, slug, name, created_at, created_by) VALUES (?, ?, 'Shop', '2026-11-23', 'tests')",
          project,
          hostname,
        );
        await insert("INSERT INTO hostnames VALUES (?, ?, '2026-11-23')", hostname, project);
      },
      stop,
    };
  },
};

const BUILD = await sha256("build");

describe.each(Object.keys(SUBJECTS))("the registry's copies in %s", (name) => {
  let subject: Subject;
  let shop: Hostname;
  let count = 0;

  beforeAll(async () => {
    const start = SUBJECTS[name];
    if (!start) throw new Error(`no subject ${name}`);
    subject = await start();
  });
  beforeEach(() => {
    shop = Hostname.parse(`shop-${++count}.apps.test`);
  });
  afterAll(() => subject.stop());

  it("say whose a host is", async () => {
    await subject.putCopy(hostKey(shop), JSON.stringify({ version: 1, project: PROJECT }));
    expect(await subject.hosts.readCopy(shop)).toBe(PROJECT);
  });

  it("say that a host is not known, in KV and in the directory", async () => {
    expect(await subject.hosts.readCopy(shop)).toBeNull();
    expect(await subject.hosts.readDirectory(shop)).toBeNull();
  });

  it("stand before the directory, which knows hosts by their exact name", async () => {
    await subject.register(shop, OTHER_PROJECT);
    expect(await subject.hosts.readDirectory(shop)).toBe(OTHER_PROJECT);
    expect(await subject.hosts.readDirectory(Hostname.parse(`www.${shop}`))).toBeNull();
  });

  it("bring back a route as it was put", async () => {
    const canary = canaryArm(BUILD, 500);
    const record = routeRecord({ live: arm(BUILD), canary, retained: [BUILD], rev: 7 });
    await subject.putCopy(routeKey(PROJECT, PRODUCTION), JSON.stringify(record));
    expect(await subject.readCopy(PROJECT, PRODUCTION)).toEqual(record);
  });

  it("say that a channel has no route", async () => {
    expect(await subject.readCopy(PROJECT, Channel.parse("pr-9"))).toBeNull();
  });

  it.each(["{}", '{"version":2}', "nonsense"])("refuse %s as a host and as a route", async (value) => {
    const channel = Channel.parse("pr-13");
    await subject.putCopy(hostKey(shop), value);
    await subject.putCopy(routeKey(PROJECT, channel), value);
    await expect(subject.hosts.readCopy(shop)).rejects.toThrow();
    await expect(subject.readCopy(PROJECT, channel)).rejects.toThrow();
  });
});
