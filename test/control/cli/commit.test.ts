import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCommit } from "../../../control/cli/commit.ts";
import { Commit } from "../../../schema/contracts/deployments.ts";
import { makeFolder } from "./make-folder.ts";

async function makeRepository(message: string): Promise<{ root: string; git: (...args: string[]) => string }> {
  const root = await makeFolder({ "app/main.ts": "one", ".gitignore": "out/\n" });
  const identity = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
  const git = (...args: string[]) =>
    execFileSync("git", [...identity, ...args], { cwd: root, encoding: "utf8" }).trim();
  git("init", "--quiet", "--initial-branch=trunk");
  git("add", ".");
  git("commit", "--quiet", "--message", message);
  return { root, git };
}

describe("the commit of a folder", () => {
  it("is the last one, with its branch, message and author", async () => {
    const { root, git } = await makeRepository("Open the shop\n\nIt sells hats.");
    expect(await readCommit(join(root, "app"))).toEqual({
      sha: git("rev-parse", "HEAD"),
      branch: "trunk",
      message: "Open the shop\n\nIt sells hats.",
      author: "Ada Lovelace",
      dirty: false,
    });
  });

  it("is dirty with changes in the folder, new files included, and not with changes elsewhere", async () => {
    const { root } = await makeRepository("One");
    await writeFile(join(root, "elsewhere.txt"), "");
    expect((await readCommit(join(root, "app")))?.dirty).toBe(false);
    await writeFile(join(root, "app/new.ts"), "");
    expect((await readCommit(join(root, "app")))?.dirty).toBe(true);
  });

  it("has no branch when none is checked out", async () => {
    const { root, git } = await makeRepository("One");
    git("checkout", "--quiet", "--detach");
    expect(await readCommit(root)).not.toHaveProperty("branch");
  });

  it("is cut to what the contract takes, never inside a character", async () => {
    const { root } = await makeRepository(`x${"💡".repeat(1_500)}`);
    const commit = await readCommit(root);
    expect(Commit.parse(commit)).toEqual(commit);
    expect(commit?.message).toBe(`x${"💡".repeat(999)}`);
  });

  it("is absent without a repository, without a commit, and for a folder that is in none", async () => {
    expect(await readCommit(await makeFolder({ "a.txt": "" }))).toBeUndefined();
    const empty = await makeFolder();
    execFileSync("git", ["init", "--quiet"], { cwd: empty });
    expect(await readCommit(empty)).toBeUndefined();
    const { root } = await makeRepository("One");
    await mkdir(join(root, "out/app"), { recursive: true });
    await writeFile(join(root, "out/app/index.html"), "");
    expect(await readCommit(join(root, "out/app"))).toBeUndefined();
  });
});
