/** What git says about a folder, so that a deployment leads to the change that it brought. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Commit } from "../../schema/contracts/deployments.ts";

const MAX_MESSAGE_LENGTH = 2_000;
const MAX_NAME_LENGTH = 255;
const GIT_TIMEOUT_MS = 10_000;

/** Undefined without git, without a repository or a commit, and for a folder of which the last commit holds nothing. */
export async function readCommit(folder: string): Promise<Commit | undefined> {
  const [tree, head, branch, changes] = await Promise.all([
    git(folder, ["ls-tree", "--name-only", "HEAD"]),
    git(folder, ["log", "-1", "--format=%H%x00%an%x00%B"]),
    git(folder, ["symbolic-ref", "--short", "--quiet", "HEAD"]),
    git(folder, ["status", "--porcelain", "--untracked-files=normal", "--", "."]),
  ]);
  if (!tree || !head) return undefined;
  const [sha, author, message] = head.split("\0").map((field) => field.trim());
  return Commit.safeParse({
    sha,
    ...(branch && { branch: cut(branch.trim(), MAX_NAME_LENGTH) }),
    ...(message && { message: cut(message, MAX_MESSAGE_LENGTH) }),
    ...(author && { author: cut(author, MAX_NAME_LENGTH) }),
    ...(changes !== null && { dirty: changes !== "" }),
  }).data;
}

/** Null when git fails, for whatever reason: a deploy does not depend on it. */
async function git(folder: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", folder, ...args], {
      timeout: GIT_TIMEOUT_MS,
      maxBuffer: 16 * 1024 * 1024,
      // Reading must not take the index lock from whoever is committing.
      env: { ...process.env, GIT_OPTIONAL_LOCKS: "0" },
    });
    return stdout;
  } catch {
    return null;
  }
}

/** Never in the middle of a character. */
function cut(text: string, maxLength: number): string {
  return text
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/\ufffd$/, "");
}
