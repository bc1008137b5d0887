/** The import rule: router, control and builder import schema and never each other; schema imports nobody. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schema: ["schema"],
  router: ["router", "schema"],
  control: ["control", "schema"],
  builder: ["builder", "schema"],
};

type Import = { readonly from: string; readonly specifier: string; readonly target: string | null };

function importsOf(folder: string): Import[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|tsx|mjs|js)$/.test(entry.name))
    .flatMap((entry) => importsIn(join(entry.parentPath, entry.name)));
}

function importsIn(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g);
  return [...found].map(([, specifier = ""]) => ({
    from: relative(ROOT, file),
    specifier,
    target: specifier.startsWith(".") ? relative(ROOT, resolve(dirname(file), specifier)) : null,
  }));
}

describe("the import rule", () => {
  it.each(Object.keys(MAY_IMPORT))("%s imports only what it may", (folder) => {
    const wrong = importsOf(folder).filter(
      ({ target }) => target !== null && !MAY_IMPORT[folder]?.includes(target.split("/")[0] ?? ""),
    );
    expect(wrong).toEqual([]);
  });

  it("the router never reaches drizzle", () => {
    const seen = new Set<string>();
    const reached = new Set<string>();
    const queue = importsOf("router");
    for (let next = queue.pop(); next; next = queue.pop()) {
      reached.add(next.specifier);
      if (next.target === null || seen.has(next.target)) continue;
      seen.add(next.target);
      queue.push(...importsIn(join(ROOT, next.target)));
    }
    expect([...reached].filter((specifier) => specifier.startsWith("drizzle"))).toEqual([]);
    expect([...seen].some((file) => file.startsWith("schema/"))).toBe(true);
  });

  it("zod comes as a namespace, or the Workers would carry all of it, its languages included", () => {
    const files = ["schema", "router", "control"].flatMap((folder) => importsOf(folder));
    const users = new Set(files.filter(({ specifier }) => specifier === "zod").map(({ from }) => from));
    expect(users.size).toBeGreaterThan(5);
    const wrong = [...users].filter(
      (file) => !/import (?:type )?\* as z from "zod"/.test(readFileSync(join(ROOT, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });

  it("env is named only in entries and composition roots", () => {
    const entries = ["router/index.ts", "router/env.ts", "control/index.ts", "control/env.ts", "control/deps.ts"];
    const objects = [
      "control/project/project.ts",
      "control/builds/build-run.ts",
      "control/builds/build-container.ts",
      "control/retention/sweeper.ts",
      "control/webhooks/webhook-sender.ts",
    ];
    const users = ["router", "control"]
      .flatMap((folder) =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((f) => join(folder, f)),
      )
      .filter((file) => file.endsWith(".ts") && !file.startsWith("control/cli/"))
      .filter((file) => /\benv\.[A-Z]/.test(readFileSync(join(ROOT, file), "utf8")));
    expect(users.filter((file) => !entries.includes(file) && !objects.includes(file))).toEqual([]);
  });
});
