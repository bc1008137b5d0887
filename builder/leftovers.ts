/**
 * Sandboxes that outlived the builder before. They die with it, but for one: bubblewrap asks for that only a moment after it was
 * started, and its child only when it was let go on, so a builder killed in that very moment leaves one behind. Linux only.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The programs that a sandbox is started through. Its first process inside keeps the name of the last. */
const STARTERS: readonly string[] = ["prlimit", "choom", "bwrap"];
const ROUNDS = 100;
const PAUSE_MS = 20;

/** Ends those whose job is in this work folder, with all that runs in them. The caller owns the folder. */
export async function endLeftovers(workDir: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const left = await findSandboxes(workDir);
    if (left.length === 0) return;
    for (const pid of left) end(pid);
    await sleep(PAUSE_MS);
  }
  throw new Error("sandboxes of an earlier builder do not end");
}

async function findSandboxes(workDir: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const line = await readFile(`/proc/${name}/cmdline`, "latin1").catch(() => "");
        const [program = "", ...args] = line.split("\0");
        const isOurs = args.some((arg) => arg.startsWith(join(workDir, "jobs/")));
        return STARTERS.includes(basename(program)) && isOurs ? [Number(name)] : [];
      }),
  );
  return found.flat();
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
