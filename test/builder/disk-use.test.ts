/** What a job's folders take on disk, and what becomes of a cache that takes too much. */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uuidv7 } from "uuidv7";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readDiskBytes } from "../../builder/disk-use.ts";
import { createJobFolders, prepareWorkDir, removeTree } from "../../builder/job-folders.ts";
import { deploymentIdFrom, projectIdFrom } from "../../schema/ids.ts";

const MIB = 1024 * 1024;
/** Folders and the file system's own books. */
const SLACK = 0.2 * MIB;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-disk-"));
});
afterEach(() => removeTree(folder));

function write(...path: string[]): string {
  const file = join(folder, ...path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, randomBytes(MIB));
  return file;
}

async function expectMib(mib: number, folders: readonly string[] = [folder]): Promise<void> {
  const bytes = await readDiskBytes(folders);
  expect(bytes).toBeGreaterThanOrEqual(mib * MIB);
  expect(bytes).toBeLessThan(mib * MIB + SLACK);
}

it("what is on disk counts, in all folders together; one that is not there has none", async () => {
  write("a/deep/er/file");
  write("b/file");
  write("other/file");
  await expectMib(2, [join(folder, "a"), join(folder, "gone"), join(folder, "b")]);
});

it("a file counts once for all its names, and a hole not at all", async () => {
  linkSync(write("file"), join(folder, "again"));
  writeFileSync(join(folder, "hole"), "");
  truncateSync(join(folder, "hole"), 100 * MIB);
  await expectMib(1);
});

it("a path longer than a system call takes hides nothing", async () => {
  const deep = Array.from({ length: 12 }, () => "d".repeat(200));
  mkdirSync(join(folder, "outer", ...deep), { recursive: true });
  write("inner", ...deep, "file");
  renameSync(join(folder, "inner"), join(folder, "outer", ...deep, "inner"));
  await expectMib(1);
});

it("a measurement ends with the step that it is for", async () => {
  const over = new AbortController();
  const measured = readDiskBytes([folder], over.signal);
  over.abort();
  await expect(measured).resolves.toEqual(expect.any(Number));
});

it("a job gets the cache of an earlier one, unless that takes half of what it may write", async () => {
  await prepareWorkDir(folder);
  const project = projectIdFrom(uuidv7());
  const createFolders = (diskBytes: number) => {
    const job = { deployment: deploymentIdFrom(uuidv7()), attempt: 1, project, settings: { root: null } };
    return createJobFolders({ workDir: folder, job, place: 0, owner: null, diskBytes });
  };
  const file = join((await createFolders(8 * MIB)).cache, "file");
  writeFileSync(file, randomBytes(2 * MIB));
  await createFolders(8 * MIB);
  expect(existsSync(file)).toBe(true);
  const { cache } = await createFolders(3 * MIB);
  expect([existsSync(cache), existsSync(file)]).toEqual([true, false]);
});
