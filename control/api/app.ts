import { OpenAPIHono } from "@hono/zod-openapi";
import { except } from "hono/combine";
import { HTTPException } from "hono/http-exception";
import { createProblem } from "../../schema/contracts/problem.ts";
import type { Deps } from "../deps.ts";
import { allowOrigins } from "./allow-origins.ts";
import { authenticate } from "./authenticate.ts";
import { authenticateBootstrap, bootstrapRoutes } from "./bootstrap.ts";
import { channelRoutes } from "./channels.ts";
import type { ApiContext } from "./context.ts";
import { deploymentCommandRoutes } from "./deployment-commands.ts";
import { deploymentRoutes } from "./deployments.ts";
import { allowedMethods } from "./document/allowed-methods.ts";
import { documentRoutes } from "./document/document-routes.ts";
import { envVarRoutes } from "./env-vars.ts";
import { eventRoutes } from "./events.ts";
import { createFailedAttempts } from "./failed-attempts.ts";
import { internalError } from "./internal-error.ts";
import { limitBody, limitParts } from "./limit-body.ts";
import { ProblemError } from "./problem-error.ts";
import { problemResponse } from "./problem-response.ts";
import { projectRoutes } from "./projects.ts";
import { retentionRoutes } from "./retention.ts";
import { rolloutRoutes } from "./rollouts.ts";
import { sourceRoutes } from "./sources.ts";
import { tokenEventRoutes } from "./token-events.ts";
import { createTokenMemory } from "./token-memory.ts";
import { tokenRoutes } from "./tokens.ts";
import { webhookRoutes } from "./webhooks.ts";

/** The one address below /v1 that answers without an API token. */
const BOOTSTRAP = "/v1/bootstrap";

/** The control API. Handlers read, ask an object or the directory, and answer; the rules live there. */
export function createApp(deps: Deps): OpenAPIHono<ApiContext> {
  const app = new OpenAPIHono<ApiContext>();
  app.use(async (c, next) => {
    c.set("deps", deps);
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.use(allowOrigins);
  app.route("/", documentRoutes(app));
  const memory = createTokenMemory();
  const attempts = createFailedAttempts();
  app.use(BOOTSTRAP, authenticateBootstrap(attempts));
  app.use("/v1/*", except(BOOTSTRAP, authenticate(memory, attempts)));
  app.use("/v1/*", limitBody);
  app.use("/v1/projects/:project/sources", limitParts);
  for (const routes of [
    projectRoutes(),
    sourceRoutes(),
    deploymentRoutes(),
    deploymentCommandRoutes(),
    channelRoutes(),
    envVarRoutes(),
    rolloutRoutes(),
    eventRoutes(),
    retentionRoutes(),
    webhookRoutes(),
    // Before the routes that would take "events" for an id.
    tokenEventRoutes(),
    tokenRoutes(memory),
    bootstrapRoutes(),
  ]) {
    app.route("/v1", routes);
  }
  app.notFound((c) => {
    const allowed = allowedMethods(app.openAPIRegistry.definitions, c.req.path);
    if (allowed.length === 0) {
      const detail = `${c.req.method} ${c.req.path} is not part of this API. /docs shows what is.`;
      return problemResponse(createProblem("route_not_found", detail));
    }
    const allow = allowed.join(", ");
    const detail = `${c.req.path} answers ${allow}.`;
    return problemResponse(createProblem("method_not_allowed", detail), new Headers({ allow }));
  });
  app.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(error.problem, c.res.headers);
    // What the validators say of a body before they look into it: that it is no JSON, or does not say that it is.
    if (error instanceof HTTPException && error.status < 500) {
      const detail = "Send a JSON object with the header Content-Type: application/json.";
      return problemResponse(createProblem("body_not_json", detail));
    }
    return internalError(c.req.raw, error, "It was logged. Try again; with an Idempotency-Key that is safe.");
  });
  return app;
}
