/** The first token of an installation, for whoever has its bootstrap secret. Once there is one, this way is closed. */
import { createMiddleware } from "hono/factory";
import { Bootstrap, NewApiToken } from "../../schema/contracts/tokens.ts";
import { isSameDigest, sha256 } from "../../schema/digest.ts";
import type { PlatformActor } from "../../schema/platform-actor.ts";
import { createToken } from "../../schema/token.ts";
import { refuseBlocked, refuseCredentials, requireBearer } from "./authenticate.ts";
import type { ApiContext } from "./context.ts";
import type { FailedAttempts } from "./failed-attempts.ts";
import { ProblemError } from "./problem-error.ts";
import { createRoutes, defineRoute, json, jsonBody } from "./route.ts";
import { newTokenRow, toApiToken } from "./token-row.ts";

const MAKER: PlatformActor = "bootstrap";

const bootstrapRoute = defineRoute({
  method: "post",
  path: "/bootstrap",
  tags: ["Tokens"],
  scope: "bootstrap",
  summary: "Make the first token, with every right",
  description: "With the bootstrap secret as bearer, and only while no usable token of all rights and projects exists.",
  request: { body: jsonBody(Bootstrap) },
  responses: { 201: json(NewApiToken, "The token. Its `secret` is shown this once.") },
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
    const { directory, now, randomBytes } = c.var.deps;
    const { name } = c.req.valid("json");
    const made = await createToken(randomBytes);
    const row = newTokenRow(made, { name, scopes: ["admin"] }, { name: MAKER, at: now(), request: null });
    if (!(await directory.tokens.addFirst(row))) {
      const detail = "A token of all rights and projects exists. Make others with it: POST /v1/tokens.";
      throw new ProblemError("bootstrap_closed", detail);
    }
    return c.json({ ...toApiToken(row), secret: made.token }, 201);
  });

  return routes;
}
