/** The OpenAPI 3.1 document of the API, made of its routes' definitions. */
import { type OpenAPIRegistry, OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { TAGS } from "../route.ts";
import { nameSchemas } from "./named-schemas.ts";

export type ApiDocument = ReturnType<typeof describeApi>;

export function describeApi(definitions: OpenAPIRegistry["definitions"]) {
  nameSchemas();
  const document = new OpenApiGeneratorV31(definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Atelier Deployments",
      version: "1",
      description: "The control API: from a committed source to a live URL, and back.",
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token, `atl_...`." } },
    },
  };
}
