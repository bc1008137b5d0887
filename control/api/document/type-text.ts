/** A JSON schema of the OpenAPI document as people read it: like a TypeScript type, limits as comments. */
export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

export function typeText(schema: JsonSchema, indent = ""): string {
  if (schema.$ref) return refName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((option) => typeText(option, indent)).join(" | ");
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  const words = types.map((type) => (type === "null" ? "null" : typeWord(type, schema, indent)));
  return words.length > 0 ? words.join(" | ") : "unknown";
}

/** What a value of the schema must keep to besides its type, and its default: "1 to 100, default 20". */
export function limitsText(schema: JsonSchema): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  const parts = [
    rangeText(minimum, maximum, ""),
    rangeText(minLength, maxLength, " characters"),
    rangeText(minItems, maxItems, " items"),
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

function typeWord(type: string, schema: JsonSchema, indent: string): string {
  if (schema.enum)
    return schema.enum
      .filter((value) => value !== null)
      .map((value) => JSON.stringify(value))
      .join(" | ");
  switch (type) {
    case "object":
      return objectText(schema, indent);
    case "array": {
      const item = typeText(schema.items ?? {}, indent);
      return / [|&] /.test(item) && !item.endsWith("}") ? `(${item})[]` : `${item}[]`;
    }
    case "string":
      return schema.format === "date-time" ? "Time" : schema.format === "uri" ? "Url" : "string";
    default:
      return type;
  }
}

function objectText({ properties = {}, required = [], additionalProperties }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const notes = [schema.description ?? "", limitsText(schema)].filter((note) => note !== "").join("; ");
    const field = `${name}${required.includes(name) ? "" : "?"}: ${typeText(schema, inner)}`;
    return `${inner}${field};${notes && `  // ${notes}`}\n`;
  });
  if (typeof additionalProperties === "object")
    fields.push(`${inner}[name]: ${typeText(additionalProperties, inner)};\n`);
  return fields.length === 0 ? "{}" : `{\n${fields.join("")}${indent}}`;
}

function rangeText(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return least === 0 && unit === "" ? "" : `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}
