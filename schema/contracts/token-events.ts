/** What happened to tokens: who made, renewed or revoked which, when and why. One log of the installation, chained by hash. */
import * as z from "zod";
import { Digest } from "../digest.ts";
import { EventData, EventOrder } from "./events.ts";
import { Paging } from "./paging.ts";
import { TokenId } from "./tokens.ts";

export const TOKEN_EVENT_TYPES = [
  "token.created",
  /** The first one of an installation. */
  "token.bootstrapped",
  /** It was given a fresh secret, before anybody had used it. */
  "token.reissued",
  "token.revoked",
] as const;
export type TokenEventType = (typeof TOKEN_EVENT_TYPES)[number];

export const TokenEvent = z.object({
  seq: z.int().min(1),
  at: z.iso.datetime(),
  type: z.enum(TOKEN_EVENT_TYPES),
  /** Which token it happened to. */
  token: TokenId,
  /** The name that the acting token had then, or a part of the platform. */
  actor: z.string(),
  /** Which token it was. Null: the platform itself. */
  actorToken: TokenId.nullable(),
  /** Why, in the words of who did it. */
  reason: z.string().nullable(),
  data: EventData,
  /** The `hash` of the event before; 64 zeros for the first. */
  previous: Digest,
  /** sha256 of this event's canonical text (`schema/token-event-chain.ts`). */
  hash: Digest,
});
export type TokenEvent = z.infer<typeof TokenEvent>;

export const TokenEventPage = z.object({ events: z.array(TokenEvent), next: z.string().nullable() });
export type TokenEventPage = z.infer<typeof TokenEventPage>;

/** `GET /v1/tokens/events` */
export const ListTokenEvents = Paging.extend({
  order: EventOrder,
  type: z.enum(TOKEN_EVENT_TYPES).optional(),
  token: TokenId.optional(),
});
export type ListTokenEvents = z.infer<typeof ListTokenEvents>;
