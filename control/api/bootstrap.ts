/** The first token of an installation, for whoever has its bootstrap secret. Once there is one, this way is closed. */
import { createMiddleware } from "hono/factory";
import { Bootstrap, NewApiToken } from "../../schema/contracts/tokens.ts";
import { isSameDigest, sha256 } from "../../schema/digest.ts";
import type { PlatformActor } from "../../schema/platform-actor.ts";
import { createToken, renewToken } from "../../schema/token.ts";
import { refuseBlocked, refuseCredentials, requireBearer } from "./authenticate.ts";
import type { ApiContext } from "./context.ts";
import type { FailedAttempts } from "./failed-attempts.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, defineRoute, IdempotencyHeaders, json, jsonBody } from "./route.ts";
import { findTokenOf } from "./token-requests.ts";
import { newTokenRow, toApiToken } from "./token-row.ts";

const MAKER: PlatformActor = "bootstrap";

const bootstrapRoute = defineRoute({
  method: "post",
  path: "/bootstrap",
  tags: ["Tokens"],
  scope: "bootstrap",
  summary: "Make the first token, with every right",
  description:
    "With the bootstrap secret as bearer, and only while no usable token of all rights and projects exists. Should the answer be lost: the same request with the same Idempotency-Key gives the token a fresh `secret`, as long as nobody has used it.",
  request: { headers: IdempotencyHeaders, body: jsonBody(Bootstrap) },
  responses: {
    201: json(NewApiToken, "The token. Its `secret` is shown this once; an earlier one of the same request ends."),
  },
});

/** Stands where other routes ask for a token. */
export function authenticateBootstrap(attempts: FailedAttempts) {
  return createMiddleware<ApiContext>(async (c, next) => {
    const { bootstrapSecret } = c.var.deps;
    if (bootstrapSecret === null) {
      const detail = "This installation has no bootstrap secret. Set BOOTSTRAP_SECRET of the control Worker first.";
      throw new ProblemError("route_not_found", detail);
    }
    const given = requireBearer(c);
    refuseBlocked(c, attempts);
    // Digests have one length, whatever was given.
    if (!isSameDigest(await sha256(bootstrapSecret), await sha256(given))) {
      throw await refuseCredentials(c, attempts, { code: "token_unknown" });
    }
    return next();
  });
}

export function bootstrapRoutes() {
  const routes = createRoutes();

  routes.openapi(bootstrapRoute, async (c) => {
    const { deps } = c.var;
    const { directory, now, randomBytes } = deps;
    const wish = c.req.valid("json");
    const { name, reason = null } = wish;
    const request = await readRequestKey(c, wish, MAKER);
    const by = { actor: MAKER, reason };
    const made = await createToken(randomBytes);
    const row = newTokenRow(made, { name, scopes: ["admin"] }, { actor: MAKER, at: now(), request });
    if (await directory.tokens.addFirst(row, by)) return c.json({ ...toApiToken(row), secret: made.token }, 201);
    const earlier = await findTokenOf(deps, request);
    const again = earlier && (await renewToken(earlier.id, randomBytes));
    const at = new Date(now()).toISOString();
    if (again && (await directory.tokens.reissue(earlier, again.hash, { ...by, at }))) {
      return c.json({ ...toApiToken(earlier), secret: again.token }, 201);
    }
    const detail = "A token of all rights and projects exists. Make others with it: POST /v1/tokens.";
    throw new ProblemError("bootstrap_closed", detail);
  });

  return routes;
}
