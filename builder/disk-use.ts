/**
 * How much disk folders take, together. By `du`, as untrusted code wrote them: it reaches paths longer than a system call
 * takes, counts a file with several names once, and leaves this process its time. A file that was removed but is still
 * open is not seen.
 */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/**
 * In bytes; a folder that is not there takes none. 0 where `du` can not be started (a machine that is out of processes or
 * files has some again in a moment), and of no use once `over` is aborted.
 */
export async function readDiskBytes(folders: readonly string[], over?: AbortSignal): Promise<number> {
  try {
    const du = spawn("du", ["-sk", "--", ...folders], {
      stdio: ["ignore", "pipe", "ignore"],
      ...(over && { signal: over }),
    });
    du.on("error", () => {});
    // A line for each folder. What can not be read, or vanishes meanwhile, is left out.
    const sums = (await text(du.stdout)).match(/^\d+/gm) ?? [];
    return 1024 * sums.reduce((total, sum) => total + Number(sum), 0);
  } catch {
    return 0;
  }
}
