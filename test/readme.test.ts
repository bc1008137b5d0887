/** README's tables say what the code says. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { PROBLEMS } from "../schema/contracts/problem.ts";
import { FAILURES } from "../schema/lifecycle.ts";

const ROOT = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

describe("README", () => {
  it.each(Object.entries(FAILURES))("has a row for the failure reason %s", (reason, { side, help }) => {
    expect(readme).toContain(`| \`${reason}\` | ${side} | ${help} |`);
  });

  it.each(Object.entries(PROBLEMS))("has a row for the problem code %s", (code, { status, title }) => {
    expect(readme).toContain(`| \`${code}\` | ${status} | ${title} |`);
  });

  it("has a row for every failure of the edge", () => {
    const source = readFileSync(join(ROOT, "router/failure.ts"), "utf8");
    const union = /type FailureReason =([^;]+);/.exec(source)?.[1] ?? "";
    const reasons = [...union.matchAll(/"(\w+)"/g)].map(([, reason]) => reason);
    expect(reasons.length).toBeGreaterThan(5);
    expect(reasons.filter((reason) => !readme.includes(`\`${reason}\``))).toEqual([]);
  });

  it.each(["control", "router", "builder"])("has every setting of %s", (part) => {
    const source = readFileSync(join(ROOT, part, "env.ts"), "utf8");
    // A field of what zod reads, or a text of the Worker's environment: bindings are not set, but made.
    const settings = [
      ...source.matchAll(/^ {2}(?:readonly )?([A-Z][A-Z0-9_]+)\??: (?:z\b|Origin|Positive|Whole|string;)/gm),
    ];
    const names = new Set(settings.map(([, name = ""]) => name));
    expect(names.size).toBeGreaterThan(1);
    const rows = readme.split("### Settings")[1]?.split("\n## ")[0] ?? "";
    expect([...names].filter((name) => !rows.includes(`\`${name}\``))).toEqual([]);
  });

  it("has nothing left to fill in", () => {
    expect(readme).not.toMatch(/@@/);
  });

  it("names only scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
