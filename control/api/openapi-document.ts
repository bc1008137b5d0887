/** The OpenAPI 3.1 document of the API, made of its routes' definitions. */
import { type OpenAPIRegistry, OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { TAGS } from "./route.ts";

export type ApiDocument = ReturnType<typeof describeApi>;

export function describeApi(definitions: OpenAPIRegistry["definitions"]) {
  const document = new OpenApiGeneratorV31(definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Atelier Deployments",
      version: "1",
      description:
        "From a committed source to a live URL, and back. Refusals are problems (RFC 9457) with a stable `code`. Lists are read with `cursor` and `limit`.",
    },
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
