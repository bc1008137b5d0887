/** `schema` is shapes and pure functions: whatever knows the time, draws lots, speaks to others or keeps state lives elsewhere. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SCHEMA = join(import.meta.dirname, "../../schema");
const FILES = readdirSync(SCHEMA, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** Comments speak of stores and requests; code may not. */
function codeOf(file: string): string {
  return readFileSync(join(SCHEMA, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  "a clock": /\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bset(?:Timeout|Interval)\b/,
  chance: /\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b|\brandomBytes\(\d+\)\s*;/,
  "the network": /\bfetch\(|\bWebSocket\b|\bconnect\(/,
  bindings: /\b(?:KVNamespace|R2Bucket|D1Database|DurableObject\w*|ExecutionContext|Fetcher)\b|\benv\.|cloudflare:/,
  "a system": /\bprocess\.|from "node:|\bconsole\./,
};

describe("schema", () => {
  it("is not empty", () => {
    expect(FILES.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(FORBIDDEN))("knows nothing of %s", (_, pattern) => {
    expect(FILES.filter((file) => pattern.test(codeOf(file)))).toEqual([]);
  });

  it("reaches drizzle only in tables and their configuration", () => {
    const users = FILES.filter((file) => /from "drizzle/.test(codeOf(file)));
    expect(users.toSorted()).toEqual([
      "directory/drizzle.config.ts",
      "directory/tables.ts",
      "project/drizzle.config.ts",
      "project/tables.ts",
      "webhooks/drizzle.config.ts",
      "webhooks/tables.ts",
    ]);
  });

  it("has contracts that import no tables", () => {
    const contracts = FILES.filter((file) => file.startsWith("contracts/"));
    expect(contracts.filter((file) => /tables\.ts"/.test(codeOf(file)))).toEqual([]);
  });

  it("has no barrel: whoever imports takes the leaf", () => {
    expect(FILES.filter((file) => file.endsWith("index.ts") || /^export \* from/m.test(codeOf(file)))).toEqual([]);
  });
});
