/** Bearer tokens: who asks. Refusals are 401 with `WWW-Authenticate` (RFC 6750). */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { networkOf } from "../../schema/client-network.ts";
import { type Digest, isSameDigest, sha256 } from "../../schema/digest.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import { readTokenId } from "../../schema/token.ts";
import type { TokenRow } from "../directory/tokens.ts";
import { LIMIT_PERIOD_SECONDS } from "../rate-limits.ts";
import { readBearer } from "./bearer.ts";
import type { ApiContext, Caller } from "./context.ts";
import type { FailedAttempts } from "./failed-attempts.ts";
import { ProblemError } from "./problem-error.ts";
import { rateLimited } from "./rate-limited.ts";
import type { TokenMemory } from "./token-memory.ts";
import { createUseNotes } from "./token-use.ts";

const PERIOD_MS = LIMIT_PERIOD_SECONDS * 1_000;

type Refused = { readonly code: "token_unknown" } | { readonly code: "token_expired"; readonly expiredAt: string };

export function authenticate(memory: TokenMemory, attempts: FailedAttempts) {
  const noteUse = createUseNotes();
  return createMiddleware<ApiContext>(async (c, next) => {
    const { directory, limits, now } = c.var.deps;
    const judged = await judge(c, requireBearer(c));
    if (!judged.ok) throw await refuseCredentials(c, attempts, judged.failure);
    const caller = judged.value;
    const { token, name } = caller;
    if (!(await limits.admitRequest(token))) {
      throw rateLimited(c, "This token has sent too many requests.", PERIOD_MS);
    }
    c.set("caller", caller);
    c.set("actor", { token, name });
    await next();
    const noted = noteUse(directory, token, now());
    if (noted !== null) c.executionCtx.waitUntil(noted);
  });

  async function judge(c: Context<ApiContext>, token: string): Promise<Result<Caller, Refused>> {
    const { directory, now } = c.var.deps;
    const id = readTokenId(token);
    if (id === null) return err({ code: "token_unknown" });
    const hash = await sha256(token);
    const askedAt = now();
    const { known, isFresh } = memory.find(id, askedAt);
    if (known && isFresh) return judgeToken(known.hash, known.caller, hash, askedAt);
    // Who has a token that was good here before is no guesser, whatever others of the same network do.
    if (!known || !isSameDigest(known.hash, hash)) refuseBlocked(c, attempts);
    const row = await directory.tokens.find(id);
    if (row === null || row.revokedAt !== null) {
      if (known) memory.forget(id, askedAt);
      return err({ code: "token_unknown" });
    }
    const caller = toCaller(row);
    const judged = judgeToken(row.hash, caller, hash, now());
    if (judged.ok) memory.remember({ hash: row.hash, caller }, askedAt);
    return judged;
  }
}

/** Of a token that was not revoked. Whether it has expired is told only to who has all of it. */
export function judgeToken(expected: Digest, caller: Caller, given: Digest, now: number): Result<Caller, Refused> {
  if (!isSameDigest(expected, given)) return err({ code: "token_unknown" });
  const { expiresAt } = caller;
  if (expiresAt !== null && Date.parse(expiresAt) <= now) return err({ code: "token_expired", expiredAt: expiresAt });
  return ok(caller);
}

/** @throws ProblemError `token_missing` */
export function requireBearer(c: Context<ApiContext>): string {
  const credentials = readBearer(c.req.header("authorization"));
  if (credentials !== null) return credentials;
  c.header("www-authenticate", "Bearer");
  throw new ProblemError("token_missing", "Send the header Authorization: Bearer <token>.");
}

/** @throws ProblemError `rate_limited`, for a network that has failed too often */
export function refuseBlocked(c: Context<ApiContext>, attempts: FailedAttempts): void {
  if (attempts.isBlocked(clientNetwork(c), c.var.deps.now())) throw tooManyFailures(c);
}

/** Counts the failure. Throw what it returns. */
export async function refuseCredentials(
  c: Context<ApiContext>,
  attempts: FailedAttempts,
  refused: Refused,
): Promise<ProblemError> {
  const { limits, now } = c.var.deps;
  if (await attempts.count(limits, clientNetwork(c), now())) return tooManyFailures(c);
  c.header("www-authenticate", 'Bearer error="invalid_token"');
  if (refused.code === "token_expired") {
    return new ProblemError("token_expired", `This token expired at ${refused.expiredAt}. Use another one.`);
  }
  const detail = "This token is not known here, or was revoked. Check ATELIER_TOKEN and the API's address.";
  return new ProblemError("token_unknown", detail);
}

function tooManyFailures(c: Context<ApiContext>): ProblemError {
  return rateLimited(c, "Too many requests from your network came with a token that is not known.", PERIOD_MS);
}

/** Set by Cloudflare, whatever the client sends. */
function clientNetwork(c: Context<ApiContext>): string {
  return networkOf(c.req.header("cf-connecting-ip") ?? "");
}

function toCaller({ id, name, scopes, projects, expiresAt }: TokenRow): Caller {
  return { token: id, name, scopes, projects, expiresAt };
}
