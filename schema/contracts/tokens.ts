/** API tokens: what they may do, for which projects, until when. */
import * as z from "zod";
import { ProjectId } from "../ids.ts";
import { isPlatformActor } from "../platform-actor.ts";
import { FreeText, Reason } from "./free-text.ts";
import { Paging } from "./paging.ts";

/**
 * `read` looks; `deploy` also sends sources, deploys, retries and cancels; `promote` also flips what is live; `admin` does everything: settings,
 * deletion, webhooks, retention, tokens. `deploy` and `promote` include `read`.
 */
export const SCOPES = ["read", "deploy", "promote", "admin"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

const INCLUDED = {
  read: ["read"],
  deploy: ["deploy", "read"],
  promote: ["promote", "read"],
  admin: SCOPES,
} as const satisfies Record<Scope, readonly Scope[]>;

/** Whether a token with these scopes may do what needs `needed`. */
export function grants(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.some((scope) => (INCLUDED[scope] as readonly Scope[]).includes(needed));
}

export const TokenId = z.string().regex(/^[0-9a-f]{16}$/, "must be a token id, 16 hex digits");

const TokenName = FreeText.trim()
  .min(1)
  .max(100)
  .refine((name) => !isPlatformActor(name), "is what the platform's own acts are recorded under; choose another");

/** `POST /v1/tokens`. A token can not make one that may do more than itself, nor for longer. */
export const CreateApiToken = z.strictObject({
  /** What history shows as the actor. */
  name: TokenName,
  scopes: z.array(Scope).min(1).max(SCOPES.length),
  /** Only these projects. Without it: all there are and will be. */
  projects: z.array(ProjectId).min(1).max(50).optional(),
  /** Without it the token does not expire. */
  expiresAt: z.iso.datetime().optional(),
  reason: Reason.optional(),
});
export type CreateApiToken = z.infer<typeof CreateApiToken>;

/** `DELETE /v1/tokens/:token`: why, in the query. */
export const RevokeApiToken = z.strictObject({ reason: Reason.optional() });
export type RevokeApiToken = z.infer<typeof RevokeApiToken>;

/** `POST /v1/bootstrap`, with the bootstrap secret as bearer: the first token of an installation, with every right. */
export const Bootstrap = z.strictObject({ name: TokenName, reason: Reason.optional() });

export const ApiToken = z.object({
  id: TokenId,
  name: z.string(),
  scopes: z.array(Scope),
  projects: z.array(ProjectId).nullable(),
  createdBy: z.string(),
  createdByToken: TokenId.nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  /** To the minute. */
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  revokedBy: z.string().nullable(),
  revokedByToken: TokenId.nullable(),
});
export type ApiToken = z.infer<typeof ApiToken>;

/** Shown once. `secret` is null when the same request had been answered before: then revoke the token and make another. */
export const NewApiToken = ApiToken.extend({ secret: z.string().nullable() });
export type NewApiToken = z.infer<typeof NewApiToken>;

/** Newest first, those that were revoked or have expired included. */
export const ApiTokenPage = z.object({ tokens: z.array(ApiToken), next: z.string().nullable() });
export type ApiTokenPage = z.infer<typeof ApiTokenPage>;

export const ListTokens = Paging.extend({
  /** Only those that are bound to it. One of all projects is not. */
  project: ProjectId.optional(),
  /** Only those that are neither revoked nor expired. */
  active: z.literal("true").optional(),
});
export type ListTokens = z.infer<typeof ListTokens>;
