/**
 * Route record v1: the one small value per project and channel that says which build is live, which is canary and at
 * what weight. Every flip is exactly one write of this value, with `rev` one higher.
 */
import * as z from "zod";
import { Digest } from "./digest.ts";
import { Channel } from "./hostname.ts";
import { DeploymentId, ProjectId, RolloutId } from "./ids.ts";

/** Weights are in basis points: 10 000 is everybody. */
export const FULL_WEIGHT_BPS = 10_000;
/** Keeps the record under 2 KB: a build SHA is 67 bytes of JSON. */
export const MAX_RETAINED_BUILDS = 12;

/** One side of a route: a deployment, the build it serves and the digest of its env snapshot. */
export const Arm = z.object({ deployment: DeploymentId, build: Digest, env: Digest });
export type Arm = z.infer<typeof Arm>;

export const CanaryArm = Arm.extend({
  weightBps: z.int().min(0).max(FULL_WEIGHT_BPS),
  /** The rollout's id: each rollout draws its visitors anew. */
  salt: RolloutId,
});
export type CanaryArm = z.infer<typeof CanaryArm>;

export const RouteRecord = z.object({
  version: z.literal(1),
  project: ProjectId,
  channel: Channel,
  rev: z.int().min(1),
  live: Arm,
  canary: CanaryArm.optional(),
  /** When this record was written, in milliseconds since 1970. Records from before there was this field have none. */
  since: z.int().min(0).optional(),
  /** The rollout that made `live` live, while everybody is still watched. `until` in milliseconds: nobody has to end it. */
  bake: z.object({ rollout: RolloutId, until: z.int().min(0) }).optional(),
  /** Builds that are not live any more, newest first, whose fingerprinted files still answer for open tabs. */
  retained: z.array(Digest).max(MAX_RETAINED_BUILDS),
});
export type RouteRecord = z.infer<typeof RouteRecord>;

/** What `host/<hostname>` holds. */
export const HostRecord = z.object({ version: z.literal(1), project: ProjectId });
export type HostRecord = z.infer<typeof HostRecord>;
