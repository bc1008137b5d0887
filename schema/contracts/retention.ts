/** Retention: what a project keeps and why, what a sweep would remove and why, and what one removed. */
import * as z from "zod";
import { Digest } from "../digest.ts";
import { Channel } from "../hostname.ts";
import { DeploymentId } from "../ids.ts";

/** Of a channel: its newest releases are kept whatever their age. */
export const KEPT_RELEASES = 10;

/** The plan shows at most so many deployments of each kind. */
export const MAX_PLANNED = 1_000;

export const KEEP_REASONS = [
  "live",
  "canary",
  "recent_release",
  /** What `atelier rollback` would return to. */
  "rollback_target",
  /** A route record names its build: old tabs still ask for its files. */
  "open_tabs",
  "pinned",
  "in_progress",
  "young",
] as const;
export const COLLECT_REASONS = ["aged", "never_whole", "channel_deleted"] as const;

const Subject = z.object({
  deployment: DeploymentId,
  channel: Channel,
  build: Digest.nullable(),
  createdAt: z.iso.datetime(),
});

/** `GET /v1/projects/:project/retention/plan`: what a sweep now would do. Nothing is changed. */
export const RetentionPlan = z.object({
  /** Newest first, as `collect`. */
  keep: z.array(Subject.extend({ reasons: z.array(z.enum(KEEP_REASONS)).min(1) })),
  collect: z.array(Subject.extend({ reason: z.enum(COLLECT_REASONS) })),
  /** There are more than the `MAX_PLANNED` deployments of each list. */
  truncated: z.boolean(),
});
export type RetentionPlan = z.infer<typeof RetentionPlan>;

/** Of the last sweep that ended, and of the one that runs. */
export const SweepState = z.object({
  running: z.boolean(),
  last: z
    .object({
      startedAt: z.iso.datetime(),
      endedAt: z.iso.datetime(),
      /** Deployments whose bundle may be used no more. */
      deployments: z.int(),
      /** Objects removed from storage, and their bytes together. */
      objects: z.int(),
      bytes: z.int(),
      /** Why nothing was removed from storage: something kept could not be read there. Null: all went well. */
      blocked: z.string().nullable(),
    })
    .nullable(),
});
export type SweepState = z.infer<typeof SweepState>;
