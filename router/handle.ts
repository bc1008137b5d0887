/** One request, from its first byte to its log line. The only place that catches what a step throws. */
import { toFailureResponse } from "./failure.ts";
import type { Clock, Report } from "./ports.ts";
import { toPreviewResponse } from "./preview-response.ts";
import { keepToTheVisitor, toFileResponse, toRedirectResponse } from "./response.ts";
import { type RoutePorts, route } from "./route.ts";
import { createMisses } from "./skew.ts";
import { StorageOutage } from "./storage-outage.ts";
import { toLogLine } from "./telemetry.ts";
import { continueTrace, formatTraceparent, type RandomHex, type Trace } from "./trace.ts";
import type { Traffic } from "./traffic.ts";
import { startTrail, type Trail } from "./trail.ts";
import { toVisit, type Visit } from "./visit.ts";

export interface HandlerPorts extends Omit<RoutePorts, "misses"> {
  readonly clock: Clock;
  readonly traffic: Traffic;
  readonly report: Report;
  readonly randomHex: RandomHex;
  readonly log: (line: string) => void;
}

export function createHandler(ports: HandlerPorts, appsDomain: string): (request: Request) => Promise<Response> {
  const inside = { ...ports, misses: createMisses() };
  return async (request) => {
    const startedAt = ports.clock.now();
    const visit = toVisit(request);
    const trace = continueTrace(request.headers.get("traceparent"), ports.randomHex);
    const trail = startTrail();
    const response = await answer(visit, trail, trace, inside, appsDomain);
    keepToTheVisitor(response, trail);
    response.headers.set("traceparent", formatTraceparent(trace));
    const ending = {
      status: response.status,
      failure: response.headers.get("x-atelier-error"),
      startedAt,
      endedAt: ports.clock.now(),
      traceId: trace.traceId,
    };
    ports.log(toLogLine(visit, trail, ending));
    reportIntegrity(trail, ending, ports.report);
    ports.traffic.note(visit, trail, ending);
    return response;
  };
}

/** The one place where it is said that storage did not hold what a bundle promises, also when the visitor saw nothing of it. */
function reportIntegrity(
  { project, served, unread, isHealed }: Trail,
  { failure, traceId }: { readonly failure: string | null; readonly traceId: string },
  report: Report,
): void {
  const isManifest = failure === "manifest_missing" || failure === "manifest_damaged";
  if (unread === null && !isManifest) return;
  const facts = { project: project ?? "", build: served?.build ?? "", path: unread?.path ?? "manifest.json" };
  const outcome = isHealed ? "healed" : (failure ?? "lost");
  report("integrity.failed", { ...facts, blob: unread?.blob.sha256 ?? "", outcome, traceId }, null);
}

async function answer(
  visit: Visit,
  trail: Trail,
  trace: Trace,
  ports: HandlerPorts & RoutePorts,
  appsDomain: string,
): Promise<Response> {
  const note = () => ({ traceId: trace.traceId, now: ports.clock.now() });
  try {
    const decision = await route(visit, appsDomain, ports, trail);
    if (decision.kind === "preview") return toPreviewResponse(decision.cookie, trail);
    if (decision.kind === "redirect") return toRedirectResponse(decision, visit, trail);
    const outcome =
      decision.kind === "file"
        ? await toFileResponse(decision, visit, ports.bundles, trail, ports.clock.now())
        : decision;
    return outcome instanceof Response ? outcome : toFailureResponse(outcome, visit, trail, note());
  } catch (cause) {
    ports.report(
      "request.failed",
      { host: visit.url.hostname, path: visit.url.pathname, traceId: trace.traceId },
      cause,
    );
    return toFailureResponse(
      { reason: cause instanceof StorageOutage ? "storage_unavailable" : "platform_error" },
      visit,
      trail,
      note(),
    );
  }
}
