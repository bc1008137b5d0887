import { expect, it } from "vitest";
import { compileRules } from "../../../builder/rules/compile-rules.ts";
import { encodeManifest, parseManifest } from "../../../schema/manifest.ts";
import { manifest } from "../../schema/examples.ts";

const site = { html: "auto-trailing-slash", hasFile: () => false } as const;

it("both files become rules of the manifest, and what is wrong a note by file and line", () => {
  const texts = { redirects: "/a /b 301\n/b /a\n/c", headers: "/*\n  X-A: 1\n  ! \n" };
  const { rules, notes } = compileRules(texts, site);
  expect(rules).toEqual({
    redirects: [{ from: ["b"], to: ["/a"], status: 302 }],
    headers: [{ path: [{ gap: "splat" }], set: [["x-a", ["1"]]], unset: [] }],
  });
  expect(notes).toEqual([
    "Warning: _redirects, line 1: leads in a circle (/a -> /b -> /a) and is left out.",
    "Warning: _redirects, line 3: a redirect is a source, a target and, if not 302, a status.",
    "Warning: _headers, line 3: a header is a name, a colon and a value, or ! and a name.",
  ]);
  const text = encodeManifest({ ...manifest(), rules: rules ?? undefined });
  expect(parseManifest(text).rules).toEqual(rules);
  expect(encodeManifest(parseManifest(text))).toBe(text);
});

it("without a rule there is nothing", () => {
  expect(compileRules({ redirects: null, headers: null }, site)).toEqual({ rules: null, notes: [] });
  expect(compileRules({ redirects: "# none", headers: "" }, site)).toEqual({ rules: null, notes: [] });
});

it("a file that is wrong all over does not fill the log", () => {
  const { notes } = compileRules({ redirects: "x\n".repeat(1_000), headers: null }, site);
  expect(notes).toHaveLength(51);
  expect(notes.at(-1)).toBe("Warning: _redirects has 950 more problems.");
});
