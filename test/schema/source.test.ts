import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FILE_BYTES, MAX_SOURCE_FILES } from "../../schema/limits.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { encodeSource, Source, SourceFiles, sourceSha } from "../../schema/source.ts";
import { digestOf, sourceFile } from "./examples.ts";

function problemsOf(files: readonly unknown[]): string[] {
  return (SourceFiles.safeParse(files).error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`);
}

describe("the text of a source", () => {
  it("is this, to the byte: source SHAs depend on it", async () => {
    const files = [sourceFile("src/main.ts"), sourceFile("run.sh", { mode: "executable", size: 0 })];
    expect(encodeSource(files)).toBe(
      `{"version":1,"files":[{"path":"run.sh","mode":"executable","size":0,"sha256":"${"a".repeat(64)}"},` +
        `{"path":"src/main.ts","mode":"file","size":1,"sha256":"${"a".repeat(64)}"}]}`,
    );
    expect(await sourceSha(files)).toBe("190f89e0fd2c51be28a6c3865d7befca86092e86785dc67fd8bd80da438e51f2");
  });

  it("does not depend on the order of files, and reads back as it was", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-zA-Zü💡.-]{1,5}$/u), { minLength: 1, maxLength: 20 });
    const lists = names.map((list) =>
      list.filter((name) => RelativePath.safeParse(name).success).map((n) => sourceFile(n)),
    );
    fc.assert(
      fc.property(lists, (files) => {
        const text = encodeSource(files);
        expect(encodeSource(files.toReversed())).toBe(text);
        expect(encodeSource(Source.parse(JSON.parse(text)).files)).toBe(text);
      }),
    );
  });

  it("is another one when a file becomes executable", async () => {
    const [plain, executable] = await Promise.all([
      sourceSha([sourceFile("run.sh")]),
      sourceSha([sourceFile("run.sh", { mode: "executable" })]),
    ]);
    expect(plain).not.toBe(executable);
  });
});

describe("the files of a source", () => {
  it.each([
    ["side by side", ["a", "b", "a.txt", "a-b/c", "ab/c"]],
    ["in folders that begin alike", ["src", "src-old/a", "src.bak/a", "srcs/a"]],
    ["alike in case or form in other folders", ["a/B", "b/b", "B-/x"]],
    ["alike only to people", ["strasse", "straße", "fi", "\ufb01", "i", "\u0131", "\u0441", "c"]],
  ])("may be %s", (_, paths) => {
    expect(problemsOf(paths.map((path) => sourceFile(path)))).toEqual([]);
  });

  it.each([
    ["a path twice", ["a", "b", "a"], ["2.path is listed twice"]],
    ["a path thrice", ["a", "a", "a"], ["1.path is listed twice", "2.path is listed twice"]],
    ["a file in a file", ["a/b", "a"], ['0.path lies inside "a", which is a file']],
    [
      "files deep in a file",
      ["a/b/c", "a-b", "a/b", "a", "a0"],
      ['2.path lies inside "a", which is a file', '0.path lies inside "a", which is a file'],
    ],
  ])("may not have %s", (_, paths, problems) => {
    expect(problemsOf(paths.map((path) => sourceFile(path)))).toEqual(problems);
  });

  const form = "have names that differ only by letter case or Unicode form";
  const advice = "some systems take them for one. Rename one of the two";

  it.each([
    ["letter case", ["README.md", "a", "readme.md"], [`2.path "readme.md" and "README.md" ${form}: ${advice}`]],
    ["the case of a letter with marks", ["\u00c9", "e\u0301"], [`1.path "e\u0301" and "\u00c9" ${form}: ${advice}`]],
    ["composition", ["fünke", "fu\u0308nke"], [`1.path "fu\u0308nke" and "fünke" ${form}: ${advice}`]],
    [
      "two forms of one small letter",
      ["ΟΔΟΣ", "οδος", "οδοσ"],
      [`1.path "οδος" and "ΟΔΟΣ" ${form}: ${advice}`, `2.path "οδοσ" and "οδος" ${form}: ${advice}`],
    ],
    ["the case of a folder", ["src/a", "b", "Src/z"], [`2.path "Src/z" and "src/a" ${form}: ${advice}`]],
    ["the case of a file and a folder", ["Lib", "lib/a"], [`1.path "lib/a" and "Lib" ${form}: ${advice}`]],
  ])("may not differ only by %s", (_, paths, problems) => {
    expect(problemsOf(paths.map((path) => sourceFile(path)))).toEqual(problems);
  });

  it("are in conflict exactly when one path is another one or a folder of it, but for the form of a name", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "a-", "a0", "A", "\u00e9", "e\u0301", "E\u0301"), { minLength: 1, maxLength: 4 })
      .map((names) => names.join("/"));
    // The first names in which they differ, or that one of them does not have.
    const clashes = (one: string, other: string) => {
      const [a, b] = [one.split("/"), other.split("/")];
      const at = a.findIndex((name, index) => name !== b[index]);
      if (at === -1 || b[at] === undefined) return at === -1;
      return a[at]?.normalize("NFC").toLowerCase() === b[at]?.normalize("NFC").toLowerCase();
    };
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 12 }), (paths) => {
        const clash = paths.some((one, index) => paths.some((other, at) => at !== index && clashes(one, other)));
        expect(problemsOf(paths.map((p) => sourceFile(p))).length > 0).toBe(clash);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["nothing", []],
    ["a path that leads out", [{ ...sourceFile("a"), path: "../a" }]],
    ["a mode that is none", [{ ...sourceFile("a"), mode: "link" }]],
    ["a field that is not known", [{ ...sourceFile("a"), owner: "root" }]],
    ["a file over the limit", [{ ...sourceFile("a"), size: MAX_FILE_BYTES + 1 }]],
    ["a hash in upper case", [{ ...sourceFile("a"), sha256: "A".repeat(64) }]],
  ])("are refused as %s", (_, files) => {
    expect(SourceFiles.safeParse(files).success).toBe(false);
  });

  it.each([
    ["flat", (index: number) => `file-${index}.txt`],
    ["in many folders", (index: number) => `src/${index % 97}/${index % 11}/file-${index}.txt`],
    ["in letters with marks", (index: number) => `${"\u00e9\u1e69/".repeat(20)}${index}`],
    ["as deep as paths can be", (index: number) => `${"a/".repeat(500)}${index}`],
  ])("are checked fast at their largest number, %s", (_, path) => {
    const files = Array.from({ length: MAX_SOURCE_FILES }, (__, index) => ({ ...sourceFile("a"), path: path(index) }));
    const startedAt = performance.now();
    expect(SourceFiles.safeParse(files).success).toBe(true);
    // It takes a tenth of this alone on a machine; looking up every folder of every path took minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const tooMany = [...files, { ...sourceFile("a"), path: "one-more", sha256: digestOf("b") }];
    expect(problemsOf(tooMany)).toEqual([` may have at most ${MAX_SOURCE_FILES} files`]);
  });
});
