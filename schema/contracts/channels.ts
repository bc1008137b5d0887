import * as z from "zod";
import { Digest } from "../digest.ts";
import { Channel } from "../hostname.ts";
import { DeploymentId } from "../ids.ts";
import { Arm, RouteRecord } from "../route-record.ts";
import { Reason } from "./free-text.ts";
import { TokenId } from "./tokens.ts";

export const RELEASE_KINDS = ["deploy", "promote", "rollback"] as const;

/** One entry of a channel's history: this deployment became live then, by whom and why. */
export const Release = z.object({
  id: z.int().min(1),
  channel: Channel,
  kind: z.enum(RELEASE_KINDS),
  deployment: DeploymentId,
  build: Digest,
  env: Digest,
  /** The route record's revision that this release wrote. */
  rev: z.int().min(1),
  by: z.string(),
  /** Null where it was not kept: in releases of before it was. */
  byToken: TokenId.nullable(),
  reason: z.string().nullable(),
  at: z.iso.datetime(),
});
export type Release = z.infer<typeof Release>;

/** Newest first. */
export const ReleasePage = z.object({ releases: z.array(Release), next: z.string().nullable() });
export type ReleasePage = z.infer<typeof ReleasePage>;

/** `POST /v1/projects/:project/channels/:channel/promote` */
export const Promote = z.strictObject({
  deployment: DeploymentId,
  reason: Reason.optional(),
  /** Refuse unless the channel is still at this revision. 0: nothing has ever been live on it. */
  expectedRev: z.int().min(0).optional(),
  /** Also a `failed` deployment, if its bundle is whole. Needs a reason. */
  force: z.boolean().default(false),
  /** End the rollout that runs on the channel; without it, that refuses. */
  abortRollout: z.boolean().default(false),
  /** The variables that Functions run with: those of the deployment, or those of its environment now. The build stays as it is. */
  env: z.enum(["snapshot", "current"]).default("snapshot"),
});
export type Promote = z.infer<typeof Promote>;

/** `POST /v1/projects/:project/channels/:channel/rollback`: to the release before the live one. */
export const Rollback = z.strictObject({
  reason: Reason.optional(),
  /** As for a promote; where nothing has been live there is nothing to return to. */
  expectedRev: z.int().min(1).optional(),
  /** End the rollout that runs on the channel; without it, that refuses. */
  abortRollout: z.boolean().default(false),
});
export type Rollback = z.infer<typeof Rollback>;

/** `DELETE /v1/projects/:project/channels/:channel`: why, in the query. */
export const DeleteChannel = z.strictObject({ reason: Reason.optional() });
export type DeleteChannel = z.infer<typeof DeleteChannel>;

/** Answer of promote and rollback. `changed` is false when that deployment was live already. */
export const Flip = z.object({ changed: z.boolean(), route: RouteRecord, url: z.url() });
export type Flip = z.infer<typeof Flip>;

/** `GET .../channels/:channel/plan`: of the promote of a deployment; without one, of a rollback. */
export const PlanFlip = z.strictObject({
  deployment: DeploymentId.optional(),
  env: z.enum(["snapshot", "current"]).default("snapshot"),
});
export type PlanFlip = z.infer<typeof PlanFlip>;

/** What a flip would change. Nothing is. */
export const FlipPlan = z.object({
  channel: Channel,
  /** For `expectedRev`: the plan holds as long as the channel is there. */
  rev: z.int().min(0),
  /** Null when nothing is live. */
  from: Arm.nullable(),
  to: Arm,
  sameBuild: z.boolean(),
  /** Names of variables, never values. */
  env: z.object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()) }),
});
export type FlipPlan = z.infer<typeof FlipPlan>;

export const ChannelState = z.object({ channel: Channel, url: z.url(), route: RouteRecord.nullable() });
export type ChannelState = z.infer<typeof ChannelState>;

/** Answer of a channel's deletion. `changed` is false when there was nothing left to end. */
export const ChannelEnd = ChannelState.extend({ changed: z.boolean() });
export type ChannelEnd = z.infer<typeof ChannelEnd>;

/** Those on which something is live. */
export const ChannelPage = z.object({ channels: z.array(ChannelState), next: z.string().nullable() });
export type ChannelPage = z.infer<typeof ChannelPage>;
