import { expect, it } from "vitest";
import { installCommand, lockfileNotes } from "../../builder/install.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import type { SourceFile } from "../../schema/source.ts";
import { digestOf } from "../support/digest-of.ts";

function sourceFile(path: string): SourceFile {
  return { path: RelativePath.parse(path), mode: "file", size: 0, sha256: digestOf("") };
}

it.each([
  ["ci", ["package.json", "package-lock.json"]],
  ["ci", ["package.json", "npm-shrinkwrap.json"]],
  ["install", ["package.json"]],
  ["install", ["package.json", "packages/a/package-lock.json"]],
] as const)("npm %s for %j", (command, paths) => {
  expect(installCommand(paths.map(sourceFile))).toBe(command);
});

it.each([
  [["yarn.lock"], [/^yarn\.lock found: installs are done with npm, which takes it for a hint/]],
  [["pnpm-lock.yaml"], [/^pnpm-lock\.yaml found: installs are done with npm, which does not read it/]],
  [["yarn.lock", "package-lock.json"], []],
  [["packages/a/yarn.lock"], []],
])("what npm makes of %j is noted", (paths, notes) => {
  expect(lockfileNotes(paths.map(sourceFile))).toEqual(notes.map((note) => expect.stringMatching(note)));
});
