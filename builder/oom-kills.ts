/** How many processes this machine's kernel has ended for want of memory since it started. 0 where it does not say. */
import { readFile } from "node:fs/promises";

export async function readOomKills(): Promise<number> {
  const counters = await readFile("/proc/vmstat", "latin1").catch(() => "");
  return Number(/^oom_kill (\d+)$/m.exec(counters)?.[1] ?? 0);
}
