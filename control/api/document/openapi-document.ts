/**
 * The OpenAPI 3.1 document of the API, made of its routes' definitions. The schemas come from zod: the generator that the
 * routes' library brings loses the null of a nullable named type.
 */
import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import * as z from "zod";
import type { ApiContext } from "../context.ts";
import { TAGS } from "../route.ts";
import { toSchema } from "./component-schemas.ts";
import type { JsonSchema } from "./type-text.ts";

export type Definitions = OpenAPIHono<ApiContext>["openAPIRegistry"]["definitions"];

export type Media = Readonly<Record<string, { readonly schema: JsonSchema }>>;
export type Parameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: JsonSchema;
};
export type Operation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-scope": string;
  /** `all`: a token that is bound to projects is refused. */
  readonly "x-project"?: string;
  readonly security: readonly unknown[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Media };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Media }>>;
};
export type ApiDocument = ReturnType<typeof describeApi>;

export function describeApi(definitions: Definitions) {
  const components = new Map<string, JsonSchema>();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const definition of definitions) {
    if (definition.type !== "route") continue;
    const { path, method } = definition.route;
    paths[path] = { ...paths[path], [method]: describeOperation(definition.route, components) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Atelier Deployments",
      version: "1",
      description: "The control API: from a committed source to a live URL, and back.",
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token, `atl_...`." },
        bootstrap: { type: "http", scheme: "bearer", description: "The bootstrap secret of this installation." },
      },
    },
  };
}

function describeOperation(route: RouteConfig, components: Map<string, JsonSchema>): Operation {
  const { method, path, tags = [], summary = "", description, request = {}, responses } = route;
  const extensions: Readonly<Record<string, unknown>> = { ...route };
  return {
    operationId: `${method}${path.replace(/^\/v1/, "").replace(/[^a-z]+(\w?)/gi, (_, letter: string) => letter.toUpperCase())}`,
    tags,
    summary,
    ...(description !== undefined && { description }),
    "x-scope": String(extensions["x-scope"]),
    ...(extensions["x-project"] !== undefined && { "x-project": String(extensions["x-project"]) }),
    security: route.security ?? [],
    parameters: [
      ...describeParameters("path", request.params, components),
      ...describeParameters("query", request.query, components),
      ...describeParameters("header", request.headers, components),
    ],
    ...(request.body && {
      requestBody: { required: true, content: describeContent(request.body.content, components) },
    }),
    responses: Object.fromEntries(
      Object.entries(responses as Record<string, { description: string; content?: object }>).map(([status, answer]) => [
        status,
        {
          description: answer.description,
          ...(answer.content && { content: describeContent(answer.content, components) }),
        },
      ]),
    ),
  };
}

function describeParameters(
  place: Parameter["in"],
  contract: unknown,
  components: Map<string, JsonSchema>,
): Parameter[] {
  if (!(contract instanceof z.ZodObject)) return [];
  return Object.entries(contract.shape as Record<string, z.ZodType>).map(([name, field]) => ({
    name,
    in: place,
    required: !field.safeParse(undefined).success,
    schema: toSchema(field, components),
  }));
}

function describeContent(content: object, components: Map<string, JsonSchema>): Media {
  const entries = Object.entries(content as Record<string, { schema?: unknown }>);
  return Object.fromEntries(
    entries.map(([type, { schema }]) => [
      type,
      { schema: schema instanceof z.ZodType ? toSchema(schema, components) : ((schema ?? {}) as JsonSchema) },
    ]),
  );
}
