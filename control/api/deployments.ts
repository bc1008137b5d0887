import { accepts } from "hono/accepts";
import * as z from "zod";
import {
  CreateDeployment,
  type Deployment,
  DeploymentPage,
  Deployment as DeploymentSchema,
  ListDeployments,
  ReadLogs,
  ResumeLogs,
} from "../../schema/contracts/deployments.ts";
import { DeploymentId, deploymentIdFrom } from "../../schema/ids.ts";
import type { ProjectObject } from "../deps.ts";
import { mayOpen } from "./authorize.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { EVENT_STREAM, NDJSON, streamLog } from "./log-stream.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import {
  createRoutes,
  DeploymentParams,
  defineRoute,
  IdempotencyHeaders,
  json,
  jsonBody,
  ProjectParams,
} from "./route.ts";
import { unwrap } from "./unwrap.ts";

const createDeploymentRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/deployments",
  tags: ["Deployments"],
  scope: "deploy",
  summary: "Deploy a committed source",
  description: "The newest deployment of a channel wins: one that still waits for its turn fails with `replaced`.",
  request: { params: ProjectParams, headers: IdempotencyHeaders, body: jsonBody(CreateDeployment) },
  responses: { 202: json(DeploymentSchema, "It is on its way: follow its log, or read it until it is settled.") },
});

const listRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/deployments",
  tags: ["Deployments"],
  scope: "read",
  summary: "List a project's deployments, newest first",
  request: { params: ProjectParams, query: ListDeployments },
  responses: { 200: json(DeploymentPage, "One page.") },
});

const readRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/deployments/{deployment}",
  tags: ["Deployments"],
  scope: "read",
  summary: "Look at a deployment",
  request: { params: DeploymentParams },
  responses: { 200: json(DeploymentSchema, "The deployment.") },
});

const logsRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/deployments/{deployment}/logs",
  tags: ["Deployments"],
  scope: "read",
  summary: "Read or follow a deployment's log",
  description:
    "NDJSON, or Server-Sent Events for `Accept: text/event-stream`. Resume with `after` = the last `seq`; of a `Last-Event-ID` that is taken instead. Both end when the log is complete, or, without `follow=true`, at its newest line. Empty lines and comments keep a followed connection alive. An event stream says that the log is complete with an event `end`: close the EventSource then.",
  request: { params: DeploymentParams, query: ReadLogs, headers: ResumeLogs },
  responses: {
    200: {
      description: "One LogLine a line; or one an event, with `seq` as its id.",
      content: { "application/x-ndjson": { schema: z.string() }, "text/event-stream": { schema: z.string() } },
    },
  },
});

const findRoute = defineRoute({
  method: "get",
  path: "/deployments/{deployment}",
  tags: ["Deployments"],
  scope: "read",
  summary: "Look at a deployment by its id alone, as it stands in a log line",
  request: { params: z.object({ deployment: DeploymentId }) },
  responses: { 200: json(DeploymentSchema, "The deployment.") },
});

export function deploymentRoutes() {
  const routes = createRoutes();

  routes.openapi(createDeploymentRoute, async (c) => {
    const { newId } = c.var.deps;
    const { object, actor } = c.var;
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    const input = { ...body, id: deploymentIdFrom(newId()) };
    return c.json(unwrap(await object.createDeployment(input, request, actor)), 202);
  });

  routes.openapi(listRoute, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const list = ["deployments", c.var.project.id, filters.channel, filters.status, filters.build];
    const before = decodeCursor(list, cursor, DeploymentId);
    const rows = await c.var.object.listDeployments({ ...filters, before, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, (row) => row.id);
    return c.json({ deployments: page, next }, 200);
  });

  routes.openapi(readRoute, async (c) =>
    c.json(await findDeployment(c.var.object, c.req.valid("param").deployment), 200),
  );

  routes.openapi(logsRoute, async (c) => {
    const { after, follow } = c.req.valid("query");
    const from = c.req.valid("header")["last-event-id"] ?? after;
    const { id } = await findDeployment(c.var.object, c.req.valid("param").deployment);
    const parts = c.var.deps.readLog(c.var.project.id, id, from, follow === "true");
    const supports = ["application/x-ndjson", "text/event-stream"];
    const wanted = accepts(c, { header: "Accept", supports, default: "application/x-ndjson" });
    const encoding = wanted === "text/event-stream" ? EVENT_STREAM : NDJSON;
    return c.body(streamLog(parts, encoding), 200, { "content-type": encoding.contentType });
  });

  routes.openapi(findRoute, async (c) => {
    const { directory, projects } = c.var.deps;
    const { deployment } = c.req.valid("param");
    const project = await directory.findProjectOf(deployment);
    if (!project || !mayOpen(c.var.caller, project)) throw notFound(deployment);
    return c.json(await findDeployment(projects(project), deployment), 200);
  });

  return routes;
}

async function findDeployment(object: ProjectObject, id: DeploymentId): Promise<Deployment> {
  const deployment = await object.getDeployment(id);
  if (!deployment) throw notFound(id);
  return deployment;
}

function notFound(id: DeploymentId): ProblemError {
  return new ProblemError("deployment_not_found", `There is no deployment "${id}" here.`);
}
