import { describe, expect, it } from "vitest";
import { type JsonSchema, limitsText, typeText } from "../../../control/api/document/type-text.ts";

describe("the text of a type", () => {
  it.each<[string, JsonSchema]>([
    ["string", { type: "string" }],
    ["Time", { type: "string", format: "date-time" }],
    ["integer | null", { type: ["integer", "null"] }],
    ['"read" | "deploy"', { type: "string", enum: ["read", "deploy"] }],
    ["true", { const: true }],
    ["Digest[]", { type: "array", items: { $ref: "#/components/schemas/Digest" } }],
    ['("a" | "b")[]', { type: "array", items: { type: "string", enum: ["a", "b"] } }],
    ["Digest | null", { anyOf: [{ $ref: "#/components/schemas/Digest" }, { type: "null" }] }],
    ["unknown", {}],
    ["{}", { type: "object" }],
    [
      "{\n  slug: string;  // at most 40 characters\n  name?: {\n    first: string;\n  };\n}",
      {
        type: "object",
        properties: {
          slug: { type: "string", maxLength: 40 },
          name: { type: "object", properties: { first: { type: "string" } }, required: ["first"] },
        },
        required: ["slug"],
      },
    ],
  ])("%s", (text, schema) => {
    expect(typeText(schema)).toBe(text);
  });

  it.each<[string, JsonSchema]>([
    ["1 to 100, default 20", { type: "integer", minimum: 1, maximum: 100, default: 20 }],
    ["at least 1", { type: "integer", minimum: 1 }],
    ["", { type: "integer", minimum: 0 }],
    ["1 to 20 items", { type: "array", minItems: 1, maxItems: 20 }],
  ])("limits: %s", (text, schema) => {
    expect(limitsText(schema)).toBe(text);
  });
});
