/** Between the API's tokens and the directory's rows. A row never leaves with its hash. */
import { type Actor, nameOf, tokenOf } from "../../schema/actor.ts";
import { type ApiToken, type CreateApiToken, SCOPES } from "../../schema/contracts/tokens.ts";
import type { NewToken } from "../../schema/token.ts";
import type { TokenRow } from "../directory/tokens.ts";
import type { RequestKey } from "../project/idempotency.ts";

type Creation = { readonly actor: Actor; readonly at: number; readonly request: RequestKey | null };

/** @param by who makes it, when (ms), and by which request */
export function newTokenRow({ id, hash }: NewToken, wish: Omit<CreateApiToken, "reason">, by: Creation): TokenRow {
  const { name, scopes, projects, expiresAt } = wish;
  return {
    id,
    hash,
    name,
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    projects: projects ? [...new Set(projects)] : null,
    createdBy: nameOf(by.actor),
    createdByToken: tokenOf(by.actor),
    createdAt: new Date(by.at).toISOString(),
    // In the one form in which the directory compares times.
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    lastUsedAt: null,
    revokedAt: null,
    revokedBy: null,
    revokedByToken: null,
    requestKey: by.request?.key ?? null,
    requestHash: by.request?.requestHash ?? null,
  };
}

export function toApiToken({ hash: _, requestKey: _key, requestHash: _hash, ...row }: TokenRow): ApiToken {
  return { ...row, scopes: [...row.scopes], projects: row.projects && [...row.projects] };
}
