import { expect, it } from "vitest";
import { parsePackageJson } from "../../builder/package-json.ts";

it("a package.json with a byte order mark is read as npm reads it", () => {
  const text = `\uFEFF${JSON.stringify({ scripts: { build: "make" } })}`;
  expect(parsePackageJson(text)).toEqual({
    ok: true,
    value: { scripts: { build: "make" }, dependencies: {}, devDependencies: {} },
  });
});

it.each([
  ['{\n  "name": "app"\n  "private": true\n}', /^package\.json is not JSON \(line 3, column 3\): Expected ',' or '}'/],
  ["{", /^package\.json is not JSON/],
  ["hello", /^package\.json is not JSON: Unexpected token/],
  ['{ "scripts": { "a": 1, "b": 2 } }', /^package\.json does not fit: scripts\.a: [^;\n]+; scripts\.b: [^;\n]+$/],
  ["[]", /^package\.json does not fit: the whole file: /],
])("%j is refused with its place", (text, detail) => {
  expect(parsePackageJson(text)).toMatchObject({
    failure: { reason: "install_failed", detail: expect.stringMatching(detail) },
  });
});
