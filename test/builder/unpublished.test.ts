import { expect, it } from "vitest";
import type { OutputFile } from "../../builder/collect.ts";
import { leaveOut } from "../../builder/unpublished.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { digestOf } from "../support/digest-of.ts";

const files = [
  ...["index.html", "_headers", "_redirects", ".assetsignore", "docs/_headers", ".well-known/security.txt"],
  ...["app.js", "app.js.map", "app.css.map", "world.map", "drafts/a.html", "drafts/keep.html"],
].map((path): OutputFile => ({ path: RelativePath.parse(path), diskPath: path, size: 1, sha256: digestOf(path) }));

function left(options: Parameters<typeof leaveOut>[1]): string[] {
  const kept = new Set(leaveOut(files, options).files.map(({ path }) => path));
  return files.map(({ path }) => path).filter((path) => !kept.has(path));
}

const META = ["_headers", "_redirects", ".assetsignore"];

it("leaves out instructions at the root, and source maps", () => {
  expect(left({ ignoreText: null, sourceMaps: false })).toEqual([...META, "app.js.map", "app.css.map"]);
});

it("publishes source maps where that is wished", () => {
  expect(left({ ignoreText: null, sourceMaps: true })).toEqual(META);
});

it("leaves out what .assetsignore names, in the syntax of .gitignore", () => {
  const ignoreText = "# drafts\ndrafts/*\n!drafts/keep.html\n";
  expect(left({ ignoreText, sourceMaps: true })).toEqual([...META, "drafts/a.html"]);
});

it("says in the log what it has left out", () => {
  const { notes } = leaveOut(files, { ignoreText: "/drafts", sourceMaps: false });
  expect(notes).toEqual([
    ".assetsignore keeps 2 files from being published.",
    "2 source maps left out: set serving.sourceMaps in atelier.config.ts if they may be read.",
  ]);
  expect(leaveOut(files, { ignoreText: null, sourceMaps: true }).notes).toEqual([]);
});
