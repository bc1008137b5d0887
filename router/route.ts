/**
 * From a request to a decision: host -> project -> route record -> file. It opens no file; all it does is look up through
 * its ports.
 */
import { appHostname, type Hostname, type HostReading, PRODUCTION, readHost } from "../schema/hostname.ts";
import { assertNever } from "../schema/result.ts";
import { readPath } from "../schema/url-path.ts";
import { type EarlyPorts, findEarly } from "./find-early.ts";
import { type Decision, fail, findFile, type Wanted } from "./find-file.ts";
import { isNavigation } from "./navigation.ts";
import type { HostDirectory } from "./ports.ts";
import { followPreviewLink, isForcedByHeader, isPreviewPath } from "./preview.ts";
import type { Trail } from "./trail.ts";
import type { Visit } from "./visit.ts";

export interface RoutePorts extends EarlyPorts {
  readonly directory: HostDirectory;
}

/** To the app, with a Set-Cookie value that begins or ends a preview. */
export interface PreviewDecision {
  readonly kind: "preview";
  readonly cookie: string;
}

/** Paths that belong to the platform on every app's host, as `readPath` gives them: an escape must not lead around it. */
const RESERVED_PATH = /^_atelier(?:\/|$)/;

/** @param appsDomain `apps.atelier.style`, in development `apps.localhost` */
export async function route(
  visit: Visit,
  appsDomain: string,
  ports: RoutePorts,
  trail: Trail,
): Promise<Decision | PreviewDecision> {
  if (visit.method !== "GET" && visit.method !== "HEAD") return fail("method_not_allowed");
  const host = readHost(visit.url.hostname, appsDomain);
  if (host.kind === "invalid") return fail("host_unknown");
  trail.channel = host.kind === "app" ? host.channel : PRODUCTION;
  const path = readPath(visit.url.pathname);
  if (path === null) return fail("path_malformed");
  if (RESERVED_PATH.test(path) && !isPreviewPath(path)) return fail("path_reserved");

  const registeredName = registeredNameOf(host, appsDomain);
  const owner = await ports.directory.find(registeredName);
  if (owner.kind !== "project") return fail(owner.kind === "unknown" ? "host_unknown" : "host_unverified");
  trail.project = owner.project;

  const ask = {
    project: owner.project,
    channel: trail.channel,
    hostname: host.hostname,
    minRev: readMinRev(visit.headers),
  };
  const wanted: Wanted = {
    path,
    url: visit.url,
    headers: visit.headers,
    isNavigation: isNavigation(visit.headers, path),
  };

  const looking = ports.registry.lookup(ask);
  // A fresh record in memory is no promise: then there is nothing to be earlier than.
  const mayBeEarly = looking instanceof Promise && !isForcedByHeader(visit.headers);
  const early = mayBeEarly ? await findEarly(looking, ask, wanted, ports, trail) : null;
  if (early) return early;

  const { answer, origin } = await looking;
  trail.origin = origin;
  if (answer === null) return fail("registry_unavailable");
  switch (answer.kind) {
    case "route": {
      const { record } = answer;
      if (!isPreviewPath(path)) return findFile(record, wanted, ports, trail);
      const cookie = await followPreviewLink(record, path, visit, ports.passes, ports.clock.now());
      return cookie === null ? fail("variant_pass_refused") : { kind: "preview", cookie };
    }
    case "empty":
      return fail(answer.building ? "first_build_running" : "nothing_deployed");
    case "not_owned":
      ports.directory.forget(registeredName);
      return fail("host_unknown");
    default:
      return assertNever(answer);
  }
}

/** The name under which the directory knows a host: previews stand under their project's own. */
function registeredNameOf(host: Exclude<HostReading, { kind: "invalid" }>, appsDomain: string): Hostname {
  return host.kind === "app" ? appHostname(host.slug, PRODUCTION, appsDomain) : host.hostname;
}

/** Whoever has just flipped a route names the rev that must be visible. Anything but a number asks for nothing. */
function readMinRev(headers: Headers): number {
  const value = headers.get("x-atelier-min-rev");
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : 0;
}
