import { expect, it } from "vitest";
import { foreignLockfileNotes } from "../../builder/install.ts";
import { hasMember, nearestLockfile } from "../../builder/lockfile.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import type { SourceFile } from "../../schema/source.ts";
import { digestOf } from "../support/digest-of.ts";

function sourceFile(path: string): SourceFile {
  return { path: RelativePath.parse(path), mode: "file", size: 0, sha256: digestOf("") };
}

const path = (text: string) => (text === "" ? null : RelativePath.parse(text));

it.each([
  ["", ["package.json", "package-lock.json"], "package-lock.json", ""],
  ["", ["package.json", "npm-shrinkwrap.json"], "npm-shrinkwrap.json", ""],
  ["", ["package.json"], null, ""],
  ["", ["package.json", "packages/a/package-lock.json"], null, ""],
  ["apps/web", ["package-lock.json", "apps/web/package-lock.json"], "apps/web/package-lock.json", ""],
  ["apps/web", ["package-lock.json", "apps/web2/package-lock.json"], "package-lock.json", "apps/web"],
  ["apps/web", ["apps/package-lock.json", "package-lock.json"], "apps/package-lock.json", "web"],
])("an install in %j of %j follows %j", (root, paths, lockfile, app) => {
  expect(nearestLockfile(paths.map(sourceFile), path(root))).toEqual(lockfile && { path: lockfile, app });
});

it.each([
  ['{"packages":{"":{},"apps/web":{}}}', true],
  ['{"packages":{"":{},"apps/web2":{}}}', false],
  ['{"packages":{}}', false],
  ['{"lockfileVersion":1}', false],
  ["{", false],
])("the workspace of the lockfile %j has the app: %s", (text, expected) => {
  expect(hasMember(text, "apps/web")).toBe(expected);
  expect(hasMember(text, "constructor")).toBe(false);
});

it.each([
  ["", ["yarn.lock"], [/^yarn\.lock found: installs are done with npm, which takes it for a hint/]],
  ["", ["pnpm-lock.yaml"], [/^pnpm-lock\.yaml found: installs are done with npm, which does not read it/]],
  ["", ["packages/a/yarn.lock"], []],
  ["apps/web", ["yarn.lock"], [/^yarn\.lock found/]],
  ["apps/web", ["apps/web2/yarn.lock"], []],
])("in %j what npm makes of %j is noted", (root, paths, notes) => {
  expect(foreignLockfileNotes(paths.map(sourceFile), path(root))).toEqual(
    notes.map((note) => expect.stringMatching(note)),
  );
});
