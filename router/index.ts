/** The router Worker's entry: the environment becomes ports here, once per isolate. */
import { waitUntil } from "cloudflare:workers";
import { toDigest } from "../schema/digest.ts";
import { createBrokenReferences } from "./broken-references.ts";
import { createBundleStore, tellOutages } from "./bundle-store.ts";
import { type Env, readSettings } from "./env.ts";
import { toFailureResponse } from "./failure.ts";
import { createHandler } from "./handle.ts";
import { createHostDirectory } from "./hosts-d1.ts";
import { createHostCopies } from "./hosts-kv.ts";
import { createLayeredDirectory } from "./hosts-layers.ts";
import { createS3Objects } from "./objects-s3.ts";
import type { Clock, KeepAlive, Report } from "./ports.ts";
import { createPasses } from "./preview.ts";
import { createProjectSource } from "./project-objects.ts";
import { createLayeredRegistry } from "./registry-layers.ts";
import { createRouteCopies } from "./routes-kv.ts";
import { continueTrace } from "./trace.ts";
import { createTraffic } from "./traffic.ts";
import { createTellMeter } from "./traffic-meters.ts";
import { startTrail } from "./trail.ts";
import { toVisit } from "./visit.ts";
import { createVisitors } from "./visitor.ts";

type Handler = (request: Request) => Promise<Response>;

/** Lives as long as the isolate: its memory is what makes a warm request free of I/O. */
let handler: Handler | undefined;

export default {
  async fetch(request, env) {
    try {
      handler ??= compose(env);
    } catch (cause) {
      return notStarted(request, cause);
    }
    return handler(request);
  },
} satisfies ExportedHandler<Env>;

/** Mostly a setting: which one is for the log alone. */
function notStarted(request: Request, cause: unknown): Response {
  const visit = toVisit(request);
  const { traceId } = continueTrace(visit.headers.get("traceparent"), randomHex);
  report("router.not_started", { host: visit.url.hostname, traceId }, cause);
  return toFailureResponse({ reason: "platform_error" }, visit, startTrail(), { traceId, now: clock.now() });
}

function compose(env: Env): Handler {
  const { appsDomain, visitorKey, variantKey, s3 } = readSettings(env);
  const hosts = { readCopy: createHostCopies(env.REGISTRY), readDirectory: createHostDirectory(env.DIRECTORY) };
  const routes = { askProject: createProjectSource(env.PROJECT), readCopy: createRouteCopies(env.REGISTRY) };
  const objects = tellOutages(s3 ? createS3Objects(s3, clock) : env.BUNDLES);
  const bundles = createBundleStore(objects, { clock, keepAlive });
  const visitors = createVisitors(visitorKey);
  const references = createBrokenReferences(bundles);
  const ports = {
    clock,
    keepAlive,
    report,
    randomHex,
    log: console.log,
    directory: createLayeredDirectory(hosts, { clock, report }),
    registry: createLayeredRegistry(routes, { clock, keepAlive, report }),
    bundles,
    visitors,
    passes: createPasses(variantKey, clock),
    traffic: createTraffic(createTellMeter(env.TRAFFIC_METER), {
      clock,
      keepAlive,
      report,
      bundles,
      visitors,
      references,
    }),
  };
  return createHandler(ports, appsDomain);
}

const clock: Clock = {
  now: Date.now,
  startTimer(ms, onTime) {
    const timer = setTimeout(onTime, ms);
    return () => clearTimeout(timer);
  },
};

/** Bound to whichever request is running, unlike the context that a request is given. */
const keepAlive: KeepAlive = (work) => waitUntil(work);

const report: Report = (event, facts, cause) => {
  console.error(JSON.stringify({ ts: new Date().toISOString(), event, version: 1, ...facts, cause: describe(cause) }));
};

function describe(cause: unknown): string | null {
  if (cause === null) return null;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

function randomHex(bytes: number): string {
  return toDigest(crypto.getRandomValues(new Uint8Array(bytes)));
}
