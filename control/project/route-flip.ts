import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { type Arm, MAX_RETAINED_BUILDS, type RouteRecord } from "../../schema/route-record.ts";

/**
 * The record that makes `arm` live: one revision on, the build that was live first among the retained ones.
 *   { rev: 7, live: B, retained: [A] }  --C-->  { rev: 8, live: C, retained: [B, A] }
 */
export function flipRoute(
  channel: { readonly project: ProjectId; readonly channel: Channel },
  current: RouteRecord | null,
  arm: Arm,
): RouteRecord {
  const before: Digest[] = current ? [current.live.build, ...current.retained] : [];
  const retained = [...new Set(before)].filter((build) => build !== arm.build).slice(0, MAX_RETAINED_BUILDS);
  return { version: 1, ...channel, rev: (current?.rev ?? 0) + 1, live: arm, retained };
}
