import { Hono } from "hono";
import { DeploymentId } from "../../schema/ids.ts";
import type { ApiContext } from "./context.ts";
import { findDeployment } from "./deployments.ts";
import { ProblemError } from "./problem-error.ts";

/** From a deployment's id alone, as it stands in a log line, to the deployment. */
export function findDeploymentRoutes() {
  const routes = new Hono<ApiContext>();

  routes.get("/:id", async (c) => {
    const { directory, projects } = c.var.deps;
    const id = DeploymentId.safeParse(c.req.param("id"));
    const project = id.success ? await directory.findProjectOf(id.data) : null;
    if (!id.success || !project) throw new ProblemError("deployment_not_found", "No project has this deployment.");
    return c.json(await findDeployment(projects(project), id.data));
  });

  return routes;
}
