import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type SourceStore, stageSource } from "../../builder/stage.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { encodeSource } from "../../schema/source.ts";
import { digestOf } from "../support/digest-of.ts";

const LIST = encodeSource([
  { path: RelativePath.parse("pages/index.html"), mode: "file", size: 2, sha256: digestOf("hi") },
]);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-stage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function storeOf(list: string, readBlob: SourceStore["readBlob"] = async () => Buffer.from("hi")): SourceStore {
  return { readSource: async () => Buffer.from(list), readBlob };
}

it("a source is written to the workspace", async () => {
  expect(await stageSource(storeOf(LIST), digestOf(LIST), folder)).toMatchObject({ ok: true });
  expect(readFileSync(join(folder, "pages/index.html"), "utf8")).toBe("hi");
});

it("a workspace that can not be written is our fault, and its place is not told", async () => {
  const workspace = join(folder, "a-file");
  writeFileSync(workspace, "");
  expect(await stageSource(storeOf(LIST), digestOf(LIST), workspace)).toMatchObject({
    failure: {
      reason: "builder_error",
      detail: "pages/index.html could not be written to the workspace (ENOTDIR)",
      cause: expect.any(Error),
    },
  });
});

it("an error of the storage is told by its code", async () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:9000"), { code: "ECONNREFUSED" });
  const staged = await stageSource(
    storeOf(LIST, () => Promise.reject(refused)),
    digestOf(LIST),
    folder,
  );
  expect(staged).toMatchObject({
    failure: {
      reason: "source_unreadable",
      detail: "pages/index.html: the file can not be read from the storage (ECONNREFUSED)",
    },
  });
});

it.each(["no JSON", '{"version":1,"files":[]}'])("the list of files %j does not fit, in one line", async (list) => {
  const staged = await stageSource(storeOf(list), digestOf(list), folder);
  expect(staged).toMatchObject({ failure: { reason: "source_unreadable" } });
  expect(staged.ok ? "" : staged.failure.detail).toMatch(/^the list of files does not fit: .+$/);
});
