import { Hono } from "hono";
import {
  CreateDeployment,
  type Deployment,
  type DeploymentPage,
  ListDeployments,
  ReadLogs,
} from "../../schema/contracts/deployments.ts";
import { DeploymentId, deploymentIdFrom } from "../../schema/ids.ts";
import type { ProjectObject } from "../deps.ts";
import type { ApiContext } from "./context.ts";
import { openProject } from "./open-project.ts";
import { ProblemError } from "./problem-error.ts";
import { readBody, readQuery } from "./read-input.ts";
import { readRequestKey } from "./request-key.ts";
import { unwrap } from "./unwrap.ts";

export function deploymentRoutes() {
  const routes = new Hono<ApiContext>();

  routes.post("/:project/deployments", openProject, async (c) => {
    const { newId, emptyEnv } = c.var.deps;
    const { object, actor } = c.var;
    const body = await readBody(c, CreateDeployment);
    const request = await readRequestKey(c, body);
    const input = { ...body, id: deploymentIdFrom(newId()), env: await emptyEnv() };
    return c.json(unwrap(await object.createDeployment(input, request, actor.name)), 202);
  });

  routes.get("/:project/deployments", openProject, async (c) => {
    const query = readQuery(c, ListDeployments);
    const deployments = await c.var.object.listDeployments({ ...query, limit: query.limit + 1 });
    const page = deployments.slice(0, query.limit);
    const next = deployments.length > query.limit ? (page.at(-1)?.id ?? null) : null;
    return c.json({ deployments: page, next } satisfies DeploymentPage);
  });

  routes.get("/:project/deployments/:id", openProject, async (c) => {
    return c.json(await findDeployment(c.var.object, c.req.param("id")));
  });

  routes.get("/:project/deployments/:id/logs", openProject, async (c) => {
    const query = readQuery(c, ReadLogs);
    const { id } = await findDeployment(c.var.object, c.req.param("id"));
    const log = c.var.deps.readLog(c.var.project.id, id, query.after, query.follow === "true");
    return c.body(log, 200, { "content-type": "application/x-ndjson; charset=utf-8" });
  });

  return routes;
}

export async function findDeployment(object: ProjectObject, text: string): Promise<Deployment> {
  const id = DeploymentId.safeParse(text);
  const deployment = id.success ? await object.getDeployment(id.data) : null;
  if (!deployment)
    throw new ProblemError("deployment_not_found", `This project has no deployment "${text.slice(0, 60)}".`);
  return deployment;
}
