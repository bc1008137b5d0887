/** The whole router in this process: real pipeline and layers, memory behind the ports, a clock that stands until it is moved. */
import { createHandler } from "../../router/handle.ts";
import { createLayeredDirectory } from "../../router/hosts-layers.ts";
import type { BundleStore } from "../../router/ports.ts";
import { createLayeredRegistry } from "../../router/registry-layers.ts";
import { createVisitors } from "../../router/visitor.ts";
import type { RouteAnswer } from "../../schema/contracts/route-lookup.ts";
import { type Hostname, PRODUCTION, readHost } from "../../schema/hostname.ts";
import { hostKey, routeKey } from "../../schema/keys.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { createMemoryBundleStore } from "./memory-bundle-store.ts";
import { createMemoryRegistry } from "./memory-registry.ts";
import { createSteppedClock } from "./stepped-clock.ts";

export const APPS_DOMAIN = "apps.test";
export const VISITOR_KEY = "a key of these tests only";

export interface LogLine {
  readonly [field: string]: unknown;
}

export function createRouterWorld<B extends BundleStore>(bundles: B) {
  const clock = createSteppedClock();
  const registry = createMemoryRegistry();
  const log: LogLine[] = [];
  const reports: {
    readonly event: string;
    readonly facts: Readonly<Record<string, string>>;
    readonly cause: unknown;
  }[] = [];
  const background: Promise<unknown>[] = [];
  const keepAlive = (work: Promise<unknown>) => void background.push(work);
  const report = (event: string, facts: Readonly<Record<string, string>>, cause: unknown) =>
    void reports.push({ event, facts, cause });
  let ids = 0;

  const handler = createHandler(
    {
      clock,
      keepAlive,
      report,
      randomHex: (bytes) => (++ids).toString(16).padStart(bytes * 2, "0"),
      log: (line) => void log.push(JSON.parse(line)),
      directory: createLayeredDirectory(registry, { clock, report }),
      registry: createLayeredRegistry(registry.routes, { clock, keepAlive, report }),
      bundles,
      visitors: createVisitors(VISITOR_KEY),
    },
    APPS_DOMAIN,
  );

  return {
    clock,
    registry,
    bundles,
    log,
    reports,
    background,
    /** What control does when a project comes to own a host and a build goes live there. */
    publish(host: string, record: RouteRecord) {
      registry.kv.set(hostKey(registered(host)), JSON.stringify({ version: 1, project: record.project }));
      registry.kv.set(routeKey(record.project, record.channel), JSON.stringify(record));
      registry.answers.set(host, { kind: "route", record });
    },
    /** A host that is owned and has no route yet. */
    own(host: string, project: string, answer: RouteAnswer) {
      registry.hostnames.set(registered(host), project);
      registry.answers.set(host, answer);
    },
    fetch(url: string, init?: RequestInit): Promise<Response> {
      return handler(new Request(url, init));
    },
  };
}

export type RouterWorld = ReturnType<typeof createRouterWorld<ReturnType<typeof createMemoryBundleStore>>>;

export function createMemoryWorld(): RouterWorld {
  return createRouterWorld(createMemoryBundleStore());
}

/** Previews are registered under the host of their project. */
function registered(host: string): Hostname {
  const reading = readHost(host, APPS_DOMAIN);
  if (reading.kind === "invalid") throw new Error(`${host} is not a host name`);
  return reading.kind === "custom" || reading.channel === PRODUCTION
    ? reading.hostname
    : (`${reading.slug}.${APPS_DOMAIN}` as Hostname);
}
