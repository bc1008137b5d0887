import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { type Arm, MAX_RETAINED_BUILDS, type RouteRecord } from "../../schema/route-record.ts";

/** How far a channel is. `record` is null while nothing is live on it: before its first deployment, and after its deletion. */
export type ChannelBefore = { readonly rev: number; readonly record: RouteRecord | null };

/**
 * The record that makes `arm` live: one revision on, the build that was live first among the retained ones.
 *   { rev: 7, live: B, retained: [A] }  --C-->  { rev: 8, live: C, retained: [B, A] }
 * A channel that was deleted goes on counting, and brings nothing back.
 */
export function flipRoute(
  channel: { readonly project: ProjectId; readonly channel: Channel },
  { rev, record }: ChannelBefore,
  arm: Arm,
): RouteRecord {
  const before: Digest[] = record ? [record.live.build, ...record.retained] : [];
  const retained = [...new Set(before)].filter((build) => build !== arm.build).slice(0, MAX_RETAINED_BUILDS);
  return { version: 1, ...channel, rev: rev + 1, live: arm, retained };
}
