import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../control/cli/failure.ts";
import { readWorkspace } from "../../../control/cli/workspace.ts";
import { MAX_FILE_BYTES } from "../../../schema/limits.ts";
import { SourceFiles } from "../../../schema/source.ts";
import { makeFolder } from "./make-folder.ts";

async function pathsOf(root: string): Promise<string[]> {
  return (await readWorkspace(root)).files.map(({ path }) => path);
}

async function refusalOf(root: string): Promise<string> {
  const error: unknown = await readWorkspace(root).catch((caught: unknown) => caught);
  if (error instanceof Failure && error.kind === "usage") return error.message;
  throw new Error("the folder was not refused", { cause: error });
}

describe("a workspace", () => {
  it("is every file with its size, its hash and whether it is executable, in the order of paths", async () => {
    const root = await makeFolder({
      "run.sh": { content: "#!/bin/sh\n", mode: 0o755 },
      "a/b.txt": "deep",
      "empty.txt": "",
    });
    const { files, bytes } = await readWorkspace(root);
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(files).toEqual([
      { path: "a/b.txt", mode: "file", size: 4, sha256: hash("deep") },
      { path: "empty.txt", mode: "file", size: 0, sha256: hash("") },
      { path: "run.sh", mode: "executable", size: 10, sha256: hash("#!/bin/sh\n") },
    ]);
    expect(bytes).toBe(14);
    expect(SourceFiles.parse(files)).toEqual(files);
  });

  it("keeps names byte for byte, composed and decomposed ones side by side", async () => {
    const names = [
      "fu\u0308nke.txt",
      "fünke.txt",
      "%2e%2e.txt",
      "a b.txt",
      "#1?.txt",
      "[slug].ts",
      "…",
      "-rf",
      "CON",
      "a:b",
    ];
    const root = await makeFolder(Object.fromEntries(names.map((name) => [name, name])));
    expect(new Set(await pathsOf(root))).toEqual(new Set(names));
  });
});

describe("what stays at home", () => {
  it("whatever the rules say: histories, packages, secrets and settings of this machine, at any depth", async () => {
    const root = await makeFolder({
      ".gitignore": "!.env\n!node_modules\n",
      ".git/HEAD": "",
      ".env": "SECRET=1",
      ".env.production": "SECRET=1",
      ".envrc": "export SECRET=1",
      ".atelier/credentials.json": "{}",
      ".DS_Store": "",
      "node_modules/vite/index.js": "",
      "packages/a/node_modules/b/index.js": "",
      "packages/a/.env.local": "SECRET=1",
      "packages/a/.git": "gitdir: elsewhere",
      "packages/a/environment.ts": "",
      ".github/workflow.yml": "",
    });
    expect(await pathsOf(root)).toEqual([".github/workflow.yml", ".gitignore", "packages/a/environment.ts"]);
  });

  it.each([
    ["a name, at any depth", { ".gitignore": "dist\n", "dist/a": "", "x/dist/a": "", distance: "" }, ["distance"]],
    ["a folder, but not a file of that name", { ".gitignore": "out/\n", "out/a": "", "x/out": "" }, ["x/out"]],
    ["only at the top with a leading slash", { ".gitignore": "/a.txt\n", "a.txt": "", "x/a.txt": "" }, ["x/a.txt"]],
    ["all but", { ".gitignore": "*.log\n!keep.log\n", "a.log": "", "keep.log": "" }, ["keep.log"]],
    ["nothing inside an ignored folder", { ".gitignore": "d/\n!d/keep\n", "d/keep": "", e: "" }, ["e"]],
    ["case matters", { ".gitignore": "Build\n", "build/a": "", "Build.txt": "" }, ["Build.txt", "build/a"]],
    [
      "a deeper rule wins",
      { ".gitignore": "*.log\n", "x/.gitignore": "!*.log\n", "a.log": "", "x/a.log": "" },
      ["x/a.log"],
    ],
    ["a deeper rule holds only below", { "x/.gitignore": "a\n", "x/a": "", "x/y/a": "", "y/a": "" }, ["y/a"]],
    [
      "a re-included folder is included with what is in it",
      { ".gitignore": "build/\n", "x/.gitignore": "!build/\n", "x/build/a": "", "build/a": "" },
      ["x/build/a"],
    ],
  ])("as git ignores it: %s", async (_, files, expected) => {
    const paths = await pathsOf(await makeFolder(files));
    expect(paths.filter((path) => !path.endsWith(".gitignore"))).toEqual(expected);
  });

  it("agrees with git itself", async () => {
    const root = await makeFolder({
      ".gitignore": "*.tmp\n/top\nlogs/\n!important.tmp\nweird\\ name\n\\#hash\n**/deep/*.js\nfoo/**/bar\n",
      "packages/.gitignore": "!b.tmp\ntop\n",
      ...Object.fromEntries(
        [
          "a.tmp",
          "important.tmp",
          "top",
          "x/top",
          "logs/l",
          "weird name",
          "#hash",
          "a/deep/x.js",
          "a/deep/y/x.js",
          "foo/bar",
        ]
          .concat(["foo/1/2/bar", "packages/a.tmp", "packages/b.tmp", "packages/top", "packages/q/top", "kept.txt"])
          .map((path) => [path, ""]),
      ),
    });
    execFileSync("git", ["init", "--quiet"], { cwd: root });
    const args = ["-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"];
    const expected = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
    expect(new Set(await pathsOf(root))).toEqual(new Set(expected));
  });

  it("the rules of the repository above hold in the folder that is deployed", async () => {
    const root = await makeFolder({
      ".git/HEAD": "",
      ".gitignore": "dist/\n/apps/web/secret.txt\n",
      "apps/.gitignore": "*.bak\n",
      "apps/web/dist/a.js": "",
      "apps/web/secret.txt": "",
      "apps/web/old.bak": "",
      "apps/web/main.ts": "",
    });
    expect(await pathsOf(join(root, "apps/web"))).toEqual(["main.ts"]);
  });

  it("a folder that its repository ignores can be deployed all the same", async () => {
    const root = await makeFolder({ ".git/HEAD": "", ".gitignore": "dist/\n", "dist/index.html": "" });
    expect(await pathsOf(join(root, "dist"))).toEqual(["index.html"]);
  });

  it("a file above without a repository has no say", async () => {
    const root = await makeFolder({ ".gitignore": "*\n", "app/index.html": "" });
    expect(await pathsOf(join(root, "app"))).toEqual(["index.html"]);
  });
});

describe("refused, with its name", () => {
  it("a link to a file, and a link to a folder", async () => {
    const root = await makeFolder({ "a/file.txt": "" });
    await symlink("file.txt", join(root, "a/link.txt"));
    expect(await refusalOf(root)).toMatch(/^"a\/link\.txt" can not be deployed: it is a symbolic link\./);
    const other = await makeFolder({ "a/file.txt": "" });
    await symlink("a", join(other, "b"));
    expect(await refusalOf(other)).toMatch(/^"b" can not be deployed/);
  });

  it("but not a link that is ignored, nor linked packages", async () => {
    const root = await makeFolder({ ".gitignore": "link\n", "a.txt": "" });
    await symlink("/", join(root, "link"));
    await symlink("/", join(root, "node_modules"));
    expect(await pathsOf(root)).toEqual([".gitignore", "a.txt"]);
  });

  it("a pipe", async () => {
    const root = await makeFolder();
    execFileSync("mkfifo", [join(root, "pipe")]);
    expect(await refusalOf(root)).toMatch(/^"pipe" can not be deployed: it is neither a file nor a folder/);
  });

  it("a name that no URL can carry", async () => {
    expect(await refusalOf(await makeFolder({ "a\\b.txt": "" }))).toMatch(/^"a\\\\b\.txt" .*backslashes/);
    expect(await refusalOf(await makeFolder({ "a\nb.txt": "" }))).toMatch(/^"a\\nb\.txt" .*control characters/);
  });

  it("a name that is not UTF-8", async () => {
    const root = await makeFolder();
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xff, 0x66])]), "");
    expect(await refusalOf(root)).toMatch(/its name is not valid UTF-8/);
  });

  it("a file over the limit, without reading it", async () => {
    const root = await makeFolder({ "video.mp4": "" });
    await truncate(join(root, "video.mp4"), MAX_FILE_BYTES + 1);
    expect(await refusalOf(root)).toMatch(/^"video\.mp4" can not be deployed: it is larger than 25 MiB/);
  });

  it("more bytes than a source may have", async () => {
    const root = await makeFolder(Object.fromEntries(Array.from({ length: 42 }, (_, index) => [`${index}.bin`, ""])));
    for (let index = 0; index < 42; index++) await truncate(join(root, `${index}.bin`), MAX_FILE_BYTES);
    expect(await refusalOf(root)).toMatch(/^The folder holds more than 1 GiB/);
  });

  it("more files than a source may have", async () => {
    const root = await makeFolder({ "a/1": "", "b/2": "", "3": "" });
    expect((await readWorkspace(root, 3)).files).toHaveLength(3);
    await expect(readWorkspace(root, 2)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(/^The folder has more than 2 files, the most that can be deployed/),
    });
  });

  it("a folder with nothing in it, and none at all", async () => {
    expect(await refusalOf(await makeFolder({ ".env": "A=1" }))).toMatch(/^There is nothing to deploy/);
    expect(await refusalOf("/nowhere/at/all")).toBe("There is no folder /nowhere/at/all.");
  });
});
