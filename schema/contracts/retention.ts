/** Retention: what a project keeps and why, what a sweep would remove and why, and what one removed. */
import * as z from "zod";
import { Digest } from "../digest.ts";
import { Channel } from "../hostname.ts";
import { DeploymentId } from "../ids.ts";

/** Of a channel: its newest releases are kept whatever their age. */
export const KEPT_RELEASES = 10;

export const KEEP_REASONS = [
  "live",
  "canary",
  "recent_release",
  "open_tabs",
  "pinned",
  "in_progress",
  "young",
] as const;
export const COLLECT_REASONS = ["aged", "never_whole", "channel_deleted", "project_deleted"] as const;

const Subject = z.object({
  deployment: DeploymentId,
  channel: Channel,
  build: Digest.nullable(),
  createdAt: z.iso.datetime(),
});

/** `GET /v1/projects/:project/retention/plan`: what a sweep now would do. Nothing is changed. */
export const RetentionPlan = z.object({
  keep: z.array(Subject.extend({ reasons: z.array(z.enum(KEEP_REASONS)).min(1) })),
  collect: z.array(Subject.extend({ reason: z.enum(COLLECT_REASONS) })),
  /** There are more than the 1 000 deployments of each list. */
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
      deployments: z.int(),
      objects: z.int(),
      bytes: z.int(),
    })
    .nullable(),
});
export type SweepState = z.infer<typeof SweepState>;
