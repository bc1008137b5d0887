/**
 * How a route of the API is defined: once, with its contracts, the scope it needs and what it says about itself. The
 * OpenAPI document, the checks of input and the authorisation all come from this definition.
 */
import { createRoute, OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { Problem } from "../../schema/contracts/problem.ts";
import type { Scope } from "../../schema/contracts/tokens.ts";
import { Environment } from "../../schema/environment.ts";
import { Channel } from "../../schema/hostname.ts";
import { DeploymentId } from "../../schema/ids.ts";
import { authorize } from "./authorize.ts";
import type { ApiContext } from "./context.ts";
import { limitChanges } from "./limit-changes.ts";
import { openProject, refuseWhileDeleted } from "./open-project.ts";
import { refuseInput } from "./read-input.ts";

type Definition = Pick<RouteConfig, "method" | "responses"> & {
  readonly path: string;
  readonly request: NonNullable<RouteConfig["request"]>;
  readonly summary: string;
  readonly description?: string;
  readonly tags: [Tag];
  /** What a token needs to ask for this. `token`: any valid one will do. `bootstrap`: no token, but the bootstrap secret. */
  readonly scope: Scope | "token" | "bootstrap";
  /** `all`: the token must not be bound to projects. */
  readonly project?: "all";
  /** Whether it changes a project although that is deleted. Reading is always possible. */
  readonly whileDeleted?: boolean;
};

/** The parts of the API, in the order in which the document shows them. */
export const TAGS = {
  Projects: "Apps, their settings, their end.",
  Sources: "The files of a workspace, sent once.",
  Deployments: "Attempts to bring a source to a channel, their logs, their bundles.",
  Channels: "What is live, what was, and how to flip it.",
  Rollouts: "A deployment's way from a few visitors to everybody.",
  Environments: "Variables of builds, encrypted, a snapshot for each deployment.",
  Events: "Who did what, when and why: an append-only log, chained by hash.",
  Webhooks: "A project's events, sent to a receiver of yours.",
  Retention: "What is kept and why, and what a sweep removes.",
  Tokens: "Who may do what, for how long.",
} as const;
export type Tag = keyof typeof TAGS;

/** A group of routes. Input that does not fit is refused before a handler sees it. */
export function createRoutes(): OpenAPIHono<ApiContext> {
  return new OpenAPIHono<ApiContext>({
    defaultHook: (result) => {
      if (!result.success) throw refuseInput(result.target, result.error);
    },
  });
}

/** A route below `/v1`. A `{project}` in its path is found, and checked against the token, before anything else is looked at. */
export function defineRoute<const D extends Definition>(definition: D) {
  const { scope, project, whileDeleted = definition.method === "get", ...config }: Definition = definition;
  const middleware: MiddlewareHandler<ApiContext>[] = [];
  if (scope !== "bootstrap") middleware.push(authorize({ scope, ...(project && { project }) }));
  if (config.path.includes("{project}")) {
    middleware.push(openProject);
    if (config.method !== "get") middleware.push(limitChanges);
    const takesKeys = config.request.headers === IdempotencyHeaders;
    if (!whileDeleted) middleware.push(refuseWhileDeleted({ takesKeys }));
  }
  const route = createRoute({
    ...config,
    middleware,
    security: [scope === "bootstrap" ? { bootstrap: [] } : { token: [] }],
    "x-scope": scope,
    ...(project && { "x-project": project }),
    responses: { ...config.responses, default: PROBLEM_ANSWER },
  });
  // The handlers' types need only what came in; the problems are thrown, never returned.
  return route as unknown as Omit<D, "scope" | "project" | "whileDeleted"> & { getRoutingPath(): string };
}

/** An answer with a JSON body. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } } as const;
}

/** A request with a JSON body. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { content: { "application/json": { schema } }, required: true } as const;
}

const PROBLEM_ANSWER = {
  description: "A problem (RFC 9457): `code` is stable, `detail` says what to do.",
  content: { "application/problem+json": { schema: Problem } },
};

const ProjectName = z.string().meta({ description: "A project's slug or id." });

export const ProjectParams = z.object({ project: ProjectName });
export const DeploymentParams = z.object({ project: ProjectName, deployment: DeploymentId });
export const ChannelParams = z.object({ project: ProjectName, channel: Channel });
export const EnvironmentParams = z.object({ project: ProjectName, environment: Environment });

/** Of a request that changes something more each time it comes: with it, repeating the request repeats only its answer. */
export const IdempotencyHeaders = z.object({
  "idempotency-key": z.string().min(1).max(200).optional(),
});
