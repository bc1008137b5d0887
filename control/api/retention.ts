import { MAX_PLANNED, RetentionPlan, SweepState } from "../../schema/contracts/retention.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import type { ShownPage } from "../project/collect.ts";
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

  routes.openapi(planRoute, async (c) => {
    const { object } = c.var;
    return c.json(await gatherPlan((before) => object.planRetention(before)), 200);
  });

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

/** Part by part, so that nobody waits for the whole of it in the project's object. It is read while the project goes on. */
async function gatherPlan(readPage: (before: DeploymentId | null) => Promise<ShownPage>): Promise<RetentionPlan> {
  const keep: RetentionPlan["keep"] = [];
  const collect: RetentionPlan["collect"] = [];
  let next: DeploymentId | null = null;
  do {
    const page = await readPage(next);
    keep.push(...page.keep);
    collect.push(...page.collect);
    next = page.next;
  } while (next !== null && (keep.length <= MAX_PLANNED || collect.length <= MAX_PLANNED));
  return {
    keep: keep.slice(0, MAX_PLANNED),
    collect: collect.slice(0, MAX_PLANNED),
    truncated: keep.length > MAX_PLANNED || collect.length > MAX_PLANNED,
  };
}
