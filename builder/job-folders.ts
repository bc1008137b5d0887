/**
 * The folders of a job on disk. Below the work folder: `jobs/<deployment>.<attempt>-<random>/` for one job, and
 * `cache/<project>/<place>/` for what its builds may keep. Nothing is shared between projects, nor between builds that run
 * at the same time. One builder owns a work folder.
 */
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { BuildJob } from "../schema/contracts/build.ts";
import type { BuildSettings } from "../schema/contracts/project-settings.ts";
import type { RelativePath } from "../schema/relative-path.ts";
import { readDiskBytes } from "./disk-use.ts";
import type { Owner } from "./run-process.ts";

const run = promisify(execFile);

/** Absolute paths, as the builder sees them. */
export type JobFolders = {
  readonly root: string;
  readonly workspace: string;
  /** The app's folder, from the workspace; null is the workspace itself. */
  readonly appRoot: RelativePath | null;
  readonly home: string;
  readonly tmp: string;
  /** Where the config's evaluator leaves its answer. */
  readonly config: string;
  /** The project's npm cache. */
  readonly cache: string;
  /** Who the app's code runs as, and whose the folders below the root are. */
  readonly owner: Owner | null;
};

/** May be passed through, but not listed, by the build's account. */
const PASSABLE = 0o711;

/** Removes what an earlier builder left. */
export async function prepareWorkDir(workDir: string): Promise<void> {
  const created = await mkdir(workDir, { recursive: true });
  if (created !== undefined) await chmod(workDir, PASSABLE);
  await removeTree(join(workDir, "jobs"));
  for (const name of ["jobs", "cache"]) {
    await mkdir(join(workDir, name), { recursive: true });
    await chmod(join(workDir, name), PASSABLE);
  }
}

export type JobPlace = {
  readonly workDir: string;
  readonly job: Pick<BuildJob, "deployment" | "attempt" | "project"> & {
    readonly settings: Pick<BuildSettings, "root">;
  };
  /** Of the jobs that run at the same time. */
  readonly place: number;
  readonly owner: Owner | null;
  /** What its build may write. An earlier build's cache that takes half of it is dropped, or no build would fit any more. */
  readonly diskBytes: number;
};

export async function createJobFolders({ workDir, job, place, owner, diskBytes }: JobPlace): Promise<JobFolders> {
  const root = await mkdtemp(join(workDir, "jobs", `${job.deployment}.${job.attempt}-`));
  await chmod(root, PASSABLE);
  const folders = {
    root,
    workspace: join(root, "workspace"),
    appRoot: job.settings.root,
    home: join(root, "home"),
    tmp: join(root, "tmp"),
    config: join(root, "config"),
    cache: join(workDir, "cache", job.project, String(place)),
    owner,
  };
  for (const folder of [folders.workspace, folders.home, folders.tmp, folders.config]) {
    await mkdir(folder, { mode: 0o700 });
    if (owner) await chown(folder, owner.uid, owner.gid);
  }
  if ((await readDiskBytes([folders.cache])) > diskBytes / 2) await removeTree(folders.cache);
  await mkdir(folders.cache, { recursive: true });
  await chmod(dirname(folders.cache), PASSABLE);
  await chmod(folders.cache, 0o700);
  // It may be of a builder with other settings.
  if (owner && (await stat(folders.cache)).uid !== owner.uid) await handOver(folders.cache, owner);
  return folders;
}

/** All that a build may write to, except for memory. */
export function writtenFolders({ root, cache }: JobFolders): readonly string[] {
  return [root, cache];
}

/** Gives a tree to the build's account. Links are given, not followed. */
export async function handOver(folder: string, owner: Owner | null): Promise<void> {
  if (owner !== null) await run("chown", ["-hR", `${owner.uid}:${owner.gid}`, folder]);
}

/** Removes a tree that untrusted code wrote: folders without rights, paths longer than a system call takes. */
export async function removeTree(root: string): Promise<void> {
  try {
    await rm(root, { recursive: true, force: true });
  } catch {
    await run("chmod", ["-R", "u+rwX", root]).catch(() => {});
    await run("rm", ["-rf", root]);
  }
}
