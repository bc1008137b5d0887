import { createMiddleware } from "hono/factory";
import { sha256 } from "../../schema/digest.ts";
import { readTokenId } from "../../schema/token.ts";
import type { Actor, ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

const KEEP_MS = 5_000;

/** Bearer tokens. A known token is kept for 5 s an isolate, so a revoked one stops within that time. */
export function authenticate() {
  const seen = new Map<string, { actor: Actor; until: number }>();
  return createMiddleware<ApiContext>(async (c, next) => {
    const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
    if (scheme?.toLowerCase() !== "bearer" || !token) {
      c.header("www-authenticate", "Bearer");
      throw new ProblemError("token_missing", "Send the header Authorization: Bearer <token>.");
    }
    const hash = await sha256(token);
    const { directory, now } = c.var.deps;
    const kept = seen.get(hash);
    if (kept && kept.until > now()) {
      c.set("actor", kept.actor);
      return next();
    }
    const id = readTokenId(token);
    const row = id === null ? null : await directory.findToken(id);
    if (row?.hash !== hash) {
      c.header("www-authenticate", 'Bearer error="invalid_token"');
      throw new ProblemError(
        "token_unknown",
        "This token is not known here, or was revoked. Check ATELIER_TOKEN and the API's address.",
      );
    }
    if (row.expiresAt !== null && Date.parse(row.expiresAt) <= now()) {
      c.header("www-authenticate", 'Bearer error="invalid_token"');
      throw new ProblemError("token_expired", `This token expired at ${row.expiresAt}. Use another one.`);
    }
    const actor = { token: row.id, name: row.name, scopes: row.scopes, projects: row.projects };
    if (seen.size > 1_000) seen.clear();
    seen.set(hash, { actor, until: now() + KEEP_MS });
    c.set("actor", actor);
    return next();
  });
}
