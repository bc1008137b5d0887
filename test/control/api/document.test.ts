/** The API's document and page, made of the routes as they are. */
import { describe, expect, it } from "vitest";
import { createApp } from "../../../control/api/app.ts";
import type { ApiDocument } from "../../../control/api/document/openapi-document.ts";
import { TAGS } from "../../../control/api/route.ts";
import type { Deps } from "../../../control/deps.ts";
import { PROBLEMS } from "../../../schema/contracts/problem.ts";
import { SCOPES } from "../../../schema/contracts/tokens.ts";

// Nothing of what it stands on is asked for a document.
const app = createApp({} as Deps);
const document = (await (await app.request("/openapi.json")).json()) as ApiDocument;
const page = await app.request("/docs");
const html = await page.text();

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method} ${path}`,
    operation,
  })),
);

type Schema = { readonly $ref?: string; readonly properties?: Readonly<Record<string, Schema>> } & {
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

/** Where in a schema an object takes fields that it does not name. */
function openObjects(schema: Schema, at: string): string[] {
  const named = schema.$ref?.split("/").at(-1);
  if (named) return openObjects(document.components.schemas[named] as Schema, `${at} ${named}`);
  const inside = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => openObjects(field, `${at}.${name}`)),
    ...(schema.items ? openObjects(schema.items, `${at}[]`) : []),
    ...(schema.anyOf ?? []).flatMap((option) => openObjects(option, at)),
  ];
  return schema.properties && schema.additionalProperties !== false ? [at, ...inside] : inside;
}

describe("the OpenAPI document", () => {
  it("has every route that the app answers below /v1", () => {
    const answered = app.routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect(new Set(operations.map(({ name }) => name))).toEqual(new Set(answered));
    expect(operations.length).toBeGreaterThan(10);
  });

  it.each(operations)("$name says what it needs, what it does and how it refuses", ({ operation }) => {
    expect([...SCOPES, "token", "bootstrap"]).toContain(operation["x-scope"]);
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(Object.keys(TAGS)).toContain(operation.tags[0]);
    expect(JSON.stringify(operation.responses.default)).toContain('"#/components/schemas/Problem"');
  });

  it("takes an Idempotency-Key wherever a repetition would change something more", () => {
    const keyless = operations
      .filter(({ name }) => !name.startsWith("get "))
      .filter(({ operation: { parameters = [] } }) => !parameters.some((each) => each.name === "idempotency-key"))
      .map(({ name }) => name.replace(" /v1", " "));
    expect(new Set(keyless)).toEqual(
      new Set([
        // Content, named by its hash.
        "post /projects/{project}/sources",
        "post /projects/{project}/blobs",
        // Joins the sweep that runs.
        "post /projects/{project}/retention/sweep",
        // Another link to the same side.
        "post /projects/{project}/rollouts/{rollout}/preview",
        // Revoked stays revoked.
        "delete /tokens/{token}",
      ]),
    );
  });

  it("takes no body with fields that it does not know: what is misspelt would be lost", () => {
    const open = operations.flatMap(({ name, operation }) => {
      const content = operation.requestBody?.content["application/json"];
      return content ? openObjects(content.schema as Schema, name) : [];
    });
    expect(open).toEqual([]);
    const bodies = operations.filter(({ operation }) => operation.requestBody?.content["application/json"]);
    expect(bodies.length).toBeGreaterThan(15);
  });

  it("points only at types that it has", () => {
    const types = Object.keys(document.components.schemas);
    const pointed = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name = ""]) => name,
    );
    expect(pointed.filter((name) => !types.includes(name))).toEqual([]);
    expect(types).toContain("Deployment");
  });
});

describe("the page of the API", () => {
  it("shows every operation, type and problem", () => {
    const types = Object.keys(document.components.schemas);
    const missing = [
      ...operations.map(({ operation }) => operation.summary).filter((summary) => !html.includes(escaped(summary))),
      ...types.filter((name) => !html.includes(`id="type-${name}"`)),
      ...Object.keys(PROBLEMS).filter((code) => !html.includes(`id="problem-${code}"`)),
    ];
    expect(missing).toEqual([]);
  });

  it("leads only to places that it has", () => {
    const anchors = [...html.matchAll(/href="#([^"]+)"/g)].map(([, anchor = ""]) => anchor);
    expect(anchors.filter((anchor) => !html.includes(`id="${anchor}"`))).toEqual([]);
  });

  it("loads and runs nothing", () => {
    expect(html).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  });
});

function escaped(text: string): string {
  return text.replaceAll("'", "&#39;");
}
