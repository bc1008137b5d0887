/** The whole router in this process: real pipeline and layers, memory behind the ports, a clock that stands until it is moved. */
import { createBrokenReferences } from "../../router/broken-references.ts";
import { createHandler } from "../../router/handle.ts";
import { createLayeredDirectory } from "../../router/hosts-layers.ts";
import type { BundleStore } from "../../router/ports.ts";
import { createPasses } from "../../router/preview.ts";
import { createLayeredRegistry } from "../../router/registry-layers.ts";
import { createTraffic } from "../../router/traffic.ts";
import { createVisitors } from "../../router/visitor.ts";
import type { RouteAnswer } from "../../schema/contracts/route-lookup.ts";
import type { TrafficBatch } from "../../schema/contracts/traffic.ts";
import { type Hostname, PRODUCTION, readHost } from "../../schema/hostname.ts";
import { hostKey, routeKey, trafficMeterName } from "../../schema/keys.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { createMemoryBundleStore } from "./memory-bundle-store.ts";
import { createMemoryRegistry } from "./memory-registry.ts";
import { createSteppedClock } from "./stepped-clock.ts";

export const APPS_DOMAIN = "apps.test";
export const VISITOR_KEY = "a key of these tests only";
export const VARIANT_KEY = "another key of these tests";

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
  const batches: { readonly meter: string; readonly batch: TrafficBatch }[] = [];
  /** What telling a meter comes to; a test may put another in its place. */
  const meters = { tell: async (_meter: string, _batch: TrafficBatch): Promise<void> => {} };
  const visitors = createVisitors(VISITOR_KEY);
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
      visitors,
      passes: createPasses(VARIANT_KEY, clock),
      traffic: createTraffic(
        async (project, rollout, batch) => {
          const meter = trafficMeterName(project, rollout);
          await meters.tell(meter, batch);
          batches.push({ meter, batch });
        },
        { clock, keepAlive, report, bundles, visitors, references: createBrokenReferences(bundles) },
      ),
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
    visitors,
    meters,
    /** What meters have acknowledged, in order. */
    batches,
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
