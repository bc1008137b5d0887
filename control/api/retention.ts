import { RetentionPlan, SweepState } from "../../schema/contracts/retention.ts";
import { createRoutes, defineRoute, json, ProjectParams } from "./route.ts";

const planRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/retention/plan",
  tags: ["Retention"],
  scope: "read",
  summary: "See what a sweep now would keep and remove, and why",
  description: "Changes nothing.",
  request: { params: ProjectParams },
  responses: { 200: json(RetentionPlan, "The plan.") },
});

const startSweepRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/retention/sweep",
  tags: ["Retention"],
  scope: "admin",
  summary: "Sweep now, instead of once a day",
  description: "Joins a sweep that is running already. The event `retention.swept` tells of its end.",
  request: { params: ProjectParams },
  responses: { 202: json(SweepState, "It is running.") },
});

const readSweepRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/retention/sweep",
  tags: ["Retention"],
  scope: "read",
  summary: "Look at the sweep that runs and at the last one",
  request: { params: ProjectParams },
  responses: { 200: json(SweepState, "How it stands.") },
});

export function retentionRoutes() {
  const routes = createRoutes();

  routes.openapi(planRoute, async (c) => c.json(await c.var.object.planRetention(), 200));

  routes.openapi(startSweepRoute, async (c) => {
    const { project, actor, deps } = c.var;
    return c.json(await deps.sweepers(project.id).start(project.id, actor), 202);
  });

  routes.openapi(readSweepRoute, async (c) => {
    const { project, deps } = c.var;
    return c.json(await deps.sweepers(project.id).state(), 200);
  });

  return routes;
}
