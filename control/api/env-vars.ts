import type { Context } from "hono";
import { ChangeVariables, EnvState, EnvValues, Resealed } from "../../schema/contracts/env-vars.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { ApiContext } from "./context.ts";
import { readRequestKey } from "./request-key.ts";
import {
  createRoutes,
  defineRoute,
  EnvironmentParams,
  IdempotencyHeaders,
  json,
  jsonBody,
  ProjectParams,
} from "./route.ts";
import { unwrap } from "./unwrap.ts";

const listRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/env/{environment}",
  tags: ["Environments"],
  scope: "read",
  summary: "List an environment's variables, without values",
  request: { params: EnvironmentParams },
  responses: { 200: json(EnvState, "By name.") },
});

const valuesRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/env/{environment}/values",
  tags: ["Environments"],
  scope: "deploy",
  summary: "Read the values that are not secret",
  description: "A token that may deploy could have a build print them; a secret one is never given back to anybody.",
  request: { params: EnvironmentParams },
  responses: { 200: json(EnvValues, "By name; `value` is null for a secret variable.") },
});

const changeRoute = defineRoute({
  method: "patch",
  path: "/projects/{project}/env/{environment}",
  tags: ["Environments"],
  scope: "admin",
  summary: "Set and remove variables, all at once",
  description:
    "Deployments that were created before keep what they were given; the next one gets what is there then. `searched` says whether leaks of a value are looked for in what builds write.",
  request: { params: EnvironmentParams, headers: IdempotencyHeaders, body: jsonBody(ChangeVariables) },
  responses: { 200: json(EnvState, "The environment as it is now.") },
});

const resealRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/env/reseal",
  tags: ["Environments"],
  scope: "admin",
  summary: "Encrypt all values with the newest key",
  description: "After the operator has put a new key first. The older one may go when every project has done this.",
  request: { params: ProjectParams, headers: IdempotencyHeaders },
  responses: { 200: json(Resealed, "How many were closed anew, and which keys are lost.") },
});

export function envVarRoutes() {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { environment } = c.req.valid("param");
    return c.json(await c.var.object.listVariables(environment), 200);
  });

  routes.openapi(valuesRoute, async (c) => {
    const { environment } = c.req.valid("param");
    return c.json(unwrap(await c.var.object.readVariables(environment)), 200);
  });

  routes.openapi(changeRoute, async (c) => {
    const { environment } = c.req.valid("param");
    const body = c.req.valid("json");
    const request = await readSecretRequestKey(c, body);
    return c.json(unwrap(await c.var.object.changeVariables(environment, body, request, c.var.actor)), 200);
  });

  routes.openapi(resealRoute, async (c) => {
    const request = await readRequestKey(c, null);
    return c.json(unwrap(await c.var.object.resealVariables(request, c.var.actor)), 200);
  });

  return routes;
}

/** The hash is stored, and a short value could be guessed from it: the token, of which only a hash is stored, goes into it too. */
function readSecretRequestKey(c: Context<ApiContext>, body: ChangeVariables): Promise<RequestKey | null> {
  return readRequestKey(c, [c.req.header("authorization"), body]);
}
