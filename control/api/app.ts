import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createProblem, type Problem } from "../../schema/contracts/problem.ts";
import type { Deps } from "../deps.ts";
import { authenticate } from "./authenticate.ts";
import { channelRoutes } from "./channels.ts";
import type { ApiContext } from "./context.ts";
import { deploymentRoutes } from "./deployments.ts";
import { eventRoutes } from "./events.ts";
import { findDeploymentRoutes } from "./find-deployment.ts";
import { ProblemError } from "./problem-error.ts";
import { projectRoutes } from "./projects.ts";
import { MAX_JSON_BYTES } from "./read-input.ts";
import { MAX_BLOB_REQUEST_BYTES, sourceRoutes } from "./sources.ts";

/** The control API. Handlers read, ask an object or the directory, and answer; the rules live there. */
export function createApp(deps: Deps): Hono<ApiContext> {
  const app = new Hono<ApiContext>();
  app.use(async (c, next) => {
    c.set("deps", deps);
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.use("/v1/*", authenticate());
  app.use("/v1/*", (c, next) => {
    const maxSize = c.req.path.endsWith("/blobs") ? MAX_BLOB_REQUEST_BYTES : MAX_JSON_BYTES;
    const onError = () => {
      throw new ProblemError("body_too_large", `The body may have at most ${maxSize} bytes. Send less in one request.`);
    };
    return bodyLimit({ maxSize, onError })(c, next);
  });
  app.route("/v1/projects", projectRoutes());
  app.route("/v1/projects", sourceRoutes());
  app.route("/v1/projects", deploymentRoutes());
  app.route("/v1/projects", channelRoutes());
  app.route("/v1/projects", eventRoutes());
  app.route("/v1/deployments", findDeploymentRoutes());
  app.notFound((c) =>
    problemResponse(createProblem("route_not_found", `${c.req.method} ${c.req.path} is not part of this API.`)),
  );
  app.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(error.problem, c.res.headers);
    console.error(
      JSON.stringify({
        event: "api.error",
        method: c.req.method,
        path: c.req.path,
        error: error.stack ?? String(error),
      }),
    );
    return problemResponse(
      createProblem("internal_error", "It was logged. Try again; with an Idempotency-Key that is safe."),
    );
  });
  return app;
}

function problemResponse(problem: Problem, headers = new Headers()): Response {
  const challenge = headers.get("www-authenticate");
  return Response.json(problem, {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(challenge && { "www-authenticate": challenge }),
    },
  });
}
