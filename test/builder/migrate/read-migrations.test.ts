import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMigrations } from "../../../builder/migrate/read-migrations.ts";
import { RelativePath } from "../../../schema/relative-path.ts";
import type { SourceFile } from "../../../schema/source.ts";
import { digest } from "../../support/samples.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-migrations-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(contents: Record<string, string | Buffer>): SourceFile[] {
  return Object.entries(contents).map(([path, content]) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    return {
      path: RelativePath.parse(path),
      mode: "file" as const,
      size: Buffer.byteLength(content),
      sha256: digest(content.toString()),
    };
  });
}

describe("the migrations of a source", () => {
  it("are none where there is no folder of them", async () => {
    expect(await readMigrations(folder, write({ "package.json": "{}" }))).toEqual({ ok: true, value: [] });
  });

  it("are read in their order, with the hashes of the source", async () => {
    const files = write({
      "migrations/0002_b.sql": "SELECT 2",
      "migrations/0001_a.sql": "SELECT 'ü'",
      "src/x.sql": "no",
    });
    const read = await readMigrations(folder, files);
    expect(read.ok && read.value.map(({ path, text, sha256 }) => [path, text, sha256])).toEqual([
      ["migrations/0001_a.sql", "SELECT 'ü'", digest("SELECT 'ü'")],
      ["migrations/0002_b.sql", "SELECT 2", digest("SELECT 2")],
    ]);
  });

  it.each([
    ["holds a NUL byte", "SELECT 1;\0DROP TABLE a", /NUL byte/],
    ["is not UTF-8", Buffer.from([0x53, 0xff, 0xfe]), /not UTF-8/],
    ["is larger than four megabytes", Buffer.alloc(4 * 1024 * 1024 + 1, 32), /larger than/],
  ])("are refused when one %s", async (_what, content, why) => {
    const read = await readMigrations(folder, write({ "migrations/0001_a.sql": content }));
    expect(read).toMatchObject({
      ok: false,
      failure: { file: "migrations/0001_a.sql", why: expect.stringMatching(why) },
    });
  });
});
