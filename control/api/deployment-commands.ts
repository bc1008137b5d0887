import {
  CancelDeployment,
  CancelledDeployment,
  Deployment as DeploymentSchema,
  RetryDeployment,
  UpdateDeployment,
} from "../../schema/contracts/deployments.ts";
import { deploymentIdFrom } from "../../schema/ids.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, DeploymentParams, defineRoute, IdempotencyHeaders, json, jsonBody } from "./route.ts";
import { unwrap } from "./unwrap.ts";

const cancelRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/deployments/{deployment}/cancel",
  tags: ["Deployments"],
  scope: "deploy",
  summary: "Cancel a deployment that is in progress",
  description:
    "What is live stays live. The next deployment that waits for the channel starts; the build is ended, its log is kept. Cancelling a cancelled one changes nothing.",
  request: { params: DeploymentParams, headers: IdempotencyHeaders, body: jsonBody(CancelDeployment) },
  responses: {
    200: json(
      CancelledDeployment,
      "Cancelled: `failed`, with the reason `cancelled`. `changed` is false when it was before.",
    ),
  },
});

const retryRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/deployments/{deployment}/retry",
  tags: ["Deployments"],
  scope: "deploy",
  summary: "Retry a failed deployment",
  description:
    "A new deployment of the same source and env snapshot on the same channel; `retryOf` names the failed one.",
  request: { params: DeploymentParams, headers: IdempotencyHeaders, body: jsonBody(RetryDeployment) },
  responses: { 202: json(DeploymentSchema, "The new deployment, on its way.") },
});

const updateRoute = defineRoute({
  method: "patch",
  path: "/projects/{project}/deployments/{deployment}",
  tags: ["Deployments"],
  scope: "promote",
  summary: "Pin a deployment, or unpin it",
  description: "The bundle of a pinned deployment is never removed.",
  request: { params: DeploymentParams, headers: IdempotencyHeaders, body: jsonBody(UpdateDeployment) },
  responses: { 200: json(DeploymentSchema, "The deployment as it is now.") },
});

export function deploymentCommandRoutes() {
  const routes = createRoutes();

  routes.openapi(cancelRoute, async (c) => {
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    const { object, actor } = c.var;
    return c.json(unwrap(await object.cancelDeployment(c.req.valid("param").deployment, body, request, actor)), 200);
  });

  routes.openapi(retryRoute, async (c) => {
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    const { object, actor } = c.var;
    const wish = { ...body, id: deploymentIdFrom(c.var.deps.newId()) };
    return c.json(unwrap(await object.retryDeployment(c.req.valid("param").deployment, wish, request, actor)), 202);
  });

  routes.openapi(updateRoute, async (c) => {
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    const { object, actor } = c.var;
    return c.json(unwrap(await object.pinDeployment(c.req.valid("param").deployment, body, request, actor)), 200);
  });

  return routes;
}
