import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { type Arm, type CanaryArm, MAX_RETAINED_BUILDS, type RouteRecord } from "../../schema/route-record.ts";

/** How far a channel is. `record` is null while nothing is live on it: before its first deployment, and after its deletion. */
export type ChannelBefore = { readonly rev: number; readonly record: RouteRecord | null };

/**
 * The record that makes `arm` live: one revision on, the build that was live first among the retained ones.
 *   { rev: 7, live: B, retained: [A] }  --C-->  { rev: 8, live: C, retained: [B, A] }
 * A channel that was deleted goes on counting, and brings nothing back.
 *
 * @param bake the rollout that brought it here, and goes on watching it for a while
 */
export function flipRoute(
  channel: { readonly project: ProjectId; readonly channel: Channel },
  { rev, record }: ChannelBefore,
  arm: Arm,
  bake?: RouteRecord["bake"],
): RouteRecord {
  const before: Digest[] = record ? [record.live.build, ...leftBehind(record, null), ...record.retained] : [];
  const flipped = { version: 1, ...channel, rev: rev + 1, live: arm, ...(bake && { bake }) } as const;
  return { ...flipped, retained: retainedOf(before, [arm.build]) };
}

/** The record with another canary, or none; what is live stays. The open tabs of a canary that goes still find their files. */
export function setCanary(record: RouteRecord, canary: CanaryArm | null): RouteRecord {
  const { canary: _canary, bake: _bake, ...rest } = record;
  const before = [...leftBehind(record, canary), ...record.retained];
  const kept = [record.live.build, ...(canary ? [canary.build] : [])];
  const next = { ...rest, rev: record.rev + 1, ...(canary && { canary }) };
  return { ...next, retained: retainedOf(before, kept) };
}

function leftBehind({ canary }: RouteRecord, next: CanaryArm | null): Digest[] {
  return canary && canary.build !== next?.build ? [canary.build] : [];
}

function retainedOf(before: readonly Digest[], shown: readonly Digest[]): Digest[] {
  return [...new Set(before)].filter((build) => !shown.includes(build)).slice(0, MAX_RETAINED_BUILDS);
}
