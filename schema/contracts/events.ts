import * as z from "zod";
import { Digest } from "../digest.ts";
import { Channel } from "../hostname.ts";
import { DeploymentId } from "../ids.ts";
import { TokenId } from "./tokens.ts";

export const ROLLOUT_EVENT_TYPES = [
  "rollout.started",
  "rollout.advanced",
  "rollout.held",
  "rollout.paused",
  "rollout.resumed",
  "rollout.warned",
  "rollout.completed",
  "rollout.rolled_back",
  "rollout.aborted",
  "rollout.replaced",
  "rollout.finished",
] as const;

export const EVENT_TYPES = [
  "project.created",
  "project.updated",
  "project.deleted",
  "project.restored",
  "source.committed",
  "deployment.created",
  "deployment.building",
  "deployment.built",
  "deployment.uploading",
  "deployment.failed",
  "deployment.live",
  "deployment.superseded",
  "deployment.pinned",
  "deployment.unpinned",
  "deployment.collected",
  "route.flipped",
  ...ROLLOUT_EVENT_TYPES,
  "channel.deleted",
  "webhook.created",
  "webhook.updated",
  "webhook.deleted",
  "variables.updated",
  "variables.resealed",
  "retention.swept",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What else there is to say, by names of its type. */
export const EventData = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type EventData = z.infer<typeof EventData>;

/** `asc`: oldest first. */
export const EventOrder = z.enum(["asc", "desc"]).default("asc");

/** What an event's hash covers: 1 is of before an event named the token's id. */
export const CHAIN_VERSIONS = [1, 2] as const;

/** Who did what, when and why; written in the transaction of the change. */
export const ProjectEvent = z.object({
  seq: z.int().min(1),
  version: z.literal(CHAIN_VERSIONS),
  at: z.iso.datetime(),
  type: z.enum(EVENT_TYPES),
  /** The name that the token had then, for people: another token may have the same. Or a part of the platform. */
  actor: z.string(),
  /** Which token it was. Null: the platform itself; or a token, in an event of version 1. */
  actorToken: TokenId.nullable(),
  channel: Channel.nullable(),
  deployment: DeploymentId.nullable(),
  /** Why, in the words of who did it. */
  reason: z.string().nullable(),
  data: EventData,
  /** The `hash` of the event before, so that none can be changed or taken out unseen. 64 zeros for the first. */
  previous: Digest,
  /** sha256 of this event's canonical text (`schema/event-chain.ts`). */
  hash: Digest,
});
export type ProjectEvent = z.infer<typeof ProjectEvent>;

/** In the order that was asked for: from behind `after` on, or back from before `before`. */
export const EventPage = z.object({ events: z.array(ProjectEvent) });
export type EventPage = z.infer<typeof EventPage>;

export const ListEvents = z.strictObject({
  order: EventOrder,
  /** Only those with a higher `seq`. */
  after: z.coerce.number().int().min(0).default(0),
  /** Only those with a lower `seq`. */
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  type: z.enum(EVENT_TYPES).optional(),
  channel: Channel.optional(),
  deployment: DeploymentId.optional(),
});
export type ListEvents = z.infer<typeof ListEvents>;
