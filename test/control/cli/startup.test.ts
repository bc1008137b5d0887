/** Whatever is loaded to declare the commands makes every one of them slower to start, `--help` included. */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";

const CLI = resolve(import.meta.dirname, "../../../control/cli");

/** What a module and those that it imports load at once: not types, nor what `import()` brings later. */
function loadedBy(entry: string): { readonly files: Set<string>; readonly packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const imports = readFileSync(file, "utf8").matchAll(/^import (?!type\b)[^;"]*"([^"]+)";$/gm);
    for (const [, specifier = ""] of imports) {
      if (specifier.startsWith(".")) queue.push(join(dirname(file), specifier));
      else if (!specifier.startsWith("node:")) packages.add(specifier);
    }
  }
  return { files, packages };
}

it("declares the commands without the contracts, the API and zod", () => {
  const { files, packages } = loadedBy(join(CLI, "main.ts"));
  expect([...packages].sort()).toEqual(["commander", "picocolors"]);
  expect([...files].filter((file) => !file.startsWith(CLI) || file.includes("/actions/"))).toEqual([]);
  expect(files.size).toBeGreaterThan(10);
  expect(loadedBy(join(CLI, "command-context.ts")).packages).toContain("zod");
});
