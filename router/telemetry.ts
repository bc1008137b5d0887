/** One structured line per request. The query string stays out: it may hold what nobody should keep. */
import { shortSha } from "../schema/digest.ts";
import type { Trail } from "./trail.ts";
import type { Visit } from "./visit.ts";

export interface Ending {
  readonly status: number;
  /** The stable code of a failure; null when a file of the app was served. */
  readonly failure: string | null;
  readonly startedAt: number;
  /** Beside `startedAt`: in workerd the clock only moves with I/O, so a request from memory takes 0 ms. */
  readonly endedAt: number;
  readonly traceId: string;
}

export function toLogLine(
  visit: Visit,
  trail: Trail,
  { status, failure, startedAt, endedAt, traceId }: Ending,
): string {
  return JSON.stringify({
    ts: new Date(endedAt).toISOString(),
    event: "request",
    version: 1,
    project: trail.project,
    channel: trail.channel,
    deployment: trail.served?.deployment ?? null,
    build: trail.served ? shortSha(trail.served.build) : null,
    rescuedFrom: trail.rescuedFrom && shortSha(trail.rescuedFrom),
    variant: trail.variant,
    forced: trail.forced,
    status,
    durationMs: endedAt - startedAt,
    method: visit.method,
    host: visit.url.hostname,
    path: visit.url.pathname,
    origin: trail.origin,
    traceId,
    failure,
  });
}
