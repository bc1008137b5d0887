/**
 * Whose host a name is: this isolate's memory -> the copy in KV -> the directory in D1. Names are guessed by the thousand,
 * so a miss is remembered for a while, the directory stands behind a token bucket, and both memories are bounded; misses
 * have their own, so that a flood of guesses cannot push out hosts that exist. What is found is kept: its project confirms
 * the name with every route that it gives out.
 */
import type { Hostname } from "../schema/hostname.ts";
import type { ProjectId } from "../schema/ids.ts";
import { createBoundedMap } from "./bounded-map.ts";
import { withDeadline } from "./deadline.ts";
import type { Clock, HostDirectory, HostOwner, Report } from "./ports.ts";
import { createTokenBucket } from "./token-bucket.ts";

export interface HostSources {
  readCopy(hostname: Hostname): Promise<ProjectId | null>;
  readDirectory(hostname: Hostname): Promise<ProjectId | null>;
}

export const MISS_MS = 5_000;
/** Short: the name may have gone to another project. */
export const DENIED_MS = 1_000;
/** Directory reads of one isolate: enough for a burst of new hosts, little against a flood. */
export const DIRECTORY_BURST = 20;
const DIRECTORY_PER_SECOND = 10;
const SOURCE_DEADLINE_MS = 1_000;
const MAX_HOSTS = 20_000;
const MAX_MISSES = 20_000;

const UNKNOWN: HostOwner = { kind: "unknown" };
const UNVERIFIED: HostOwner = { kind: "unverified" };

export function createLayeredDirectory(
  sources: HostSources,
  { clock, report }: { readonly clock: Clock; readonly report: Report },
): HostDirectory {
  const owners = createBoundedMap<HostOwner>(MAX_HOSTS);
  const missedUntil = createBoundedMap<number>(MAX_MISSES);
  const mayReadDirectory = createTokenBucket(DIRECTORY_BURST, DIRECTORY_PER_SECOND, clock);

  return {
    find(hostname) {
      const owner = owners.get(hostname);
      if (owner) return owner;
      return clock.now() < (missedUntil.get(hostname) ?? 0) ? UNKNOWN : search(hostname);
    },
    forget(hostname) {
      owners.delete(hostname);
      // The copy in KV may still say so for a minute; it is not asked about it with every request.
      missedUntil.set(hostname, clock.now() + DENIED_MS);
    },
  };

  async function search(hostname: Hostname): Promise<HostOwner> {
    const copy = await read("copy", hostname, sources.readCopy(hostname));
    if (copy) return remember(hostname, copy);
    if (!mayReadDirectory()) return UNVERIFIED;
    const row = await read("directory", hostname, sources.readDirectory(hostname));
    if (row) return remember(hostname, row);
    if (row === undefined) return UNVERIFIED;
    missedUntil.set(hostname, clock.now() + MISS_MS);
    return UNKNOWN;
  }

  function remember(hostname: Hostname, project: ProjectId): HostOwner {
    const owner: HostOwner = { kind: "project", project };
    owners.set(hostname, owner);
    missedUntil.delete(hostname);
    return owner;
  }

  /** @returns undefined when the source did not answer, which is not the same as null */
  async function read(
    source: "copy" | "directory",
    hostname: Hostname,
    reading: Promise<ProjectId | null>,
  ): Promise<ProjectId | null | undefined> {
    const answer = await withDeadline(clock, SOURCE_DEADLINE_MS, reading);
    if (answer.ok) return answer.value;
    const { failure } = answer;
    report(
      "hosts.not_answering",
      { source, hostname, reason: failure.reason },
      failure.reason === "error" ? failure.cause : null,
    );
    return undefined;
  }
}
