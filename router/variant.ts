/**
 * Which side of a rollout a visitor is on. A hash, not a draw: the same visitor and salt always give the same bucket, so
 * a visitor never flips back within a rollout, and raising the weight only adds visitors. The salt (the rollout's id)
 * comes first and the hash is finalised, so that two rollouts draw independently.
 */
import { FULL_WEIGHT_BPS } from "../schema/route-record.ts";
import type { Variant } from "../schema/variant-pass.ts";
import { murmur3 } from "./murmur3.ts";

/** What of a canary arm decides. */
export type Draw = { readonly salt: string; readonly weightBps: number };

export function chooseVariant(canary: Draw, visitor: string): Variant {
  return bucketOf(canary.salt, visitor) < canary.weightBps ? "canary" : "live";
}

/** @returns 0 to 9 999: one bucket per basis point */
export function bucketOf(salt: string, visitor: string): number {
  return murmur3(`${salt}:${visitor}`) % FULL_WEIGHT_BPS;
}
