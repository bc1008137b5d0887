/**
 * Fingerprinted files never wait for the registry: whatever record is at hand, in memory or in KV, that knows the file is
 * right by construction. The registry is asked all the same, so that a host that was removed ends with its answer.
 */
import type { RouteRecord } from "../schema/route-record.ts";
import { writePath } from "../schema/url-path.ts";
import { type FileDecision, type FilePorts, findFingerprinted, type Wanted } from "./find-file.ts";
import type { HostRegistry, KeepAlive, RouteAsk } from "./ports.ts";
import { mayBeFingerprinted } from "./skew.ts";
import type { Trail } from "./trail.ts";

export interface EarlyPorts extends FilePorts {
  readonly registry: HostRegistry;
  readonly keepAlive: KeepAlive;
}

/**
 * @param looking the ordinary look-up, on its way
 * @returns null when nothing at hand knows the file, and at the latest when the look-up has ended
 */
export async function findEarly(
  looking: Promise<unknown>,
  ask: RouteAsk,
  wanted: Wanted,
  ports: EarlyPorts,
  trail: Trail,
): Promise<FileDecision | null> {
  if (!mayBeFingerprinted(wanted.path, wanted.isNavigation)) return null;
  // Another spelling of the name is sent to it, by who has the whole record.
  if (wanted.url.pathname !== writePath(wanted.path)) return null;
  ports.keepAlive(looking);

  const remembered = ports.registry.atHand(ask);
  if (remembered) {
    const file = await findFingerprinted(remembered, "memory", wanted, ports, trail);
    if (file) trail.origin = "stale";
    if (file || ports.misses.has(remembered, wanted.path)) return file;
  }

  // A search that loses goes on for a while: what it notes down must not get into the request's own trail.
  const notes: Trail = { ...trail, origin: remembered ? "stale" : "copy" };
  const search = remembered ? findInStorage(remembered, wanted, ports, notes) : findInCopy(ask, wanted, ports, notes);
  const file = await Promise.race([search, looking.then(() => null)]);
  if (file) Object.assign(trail, notes);
  return file;
}

async function findInCopy(
  ask: RouteAsk,
  wanted: Wanted,
  ports: EarlyPorts,
  trail: Trail,
): Promise<FileDecision | null> {
  const copy = await ports.registry.readCopy(ask);
  return copy && findInStorage(copy, wanted, ports, trail);
}

/** A storage that throws will do so again on the ordinary way, which says so. */
function findInStorage(
  record: RouteRecord,
  wanted: Wanted,
  ports: EarlyPorts,
  trail: Trail,
): Promise<FileDecision | null> {
  return findFingerprinted(record, "storage", wanted, ports, trail).catch(() => null);
}
