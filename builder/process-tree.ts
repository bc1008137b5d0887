/** The memory of a process and everything it started, read from /proc. Linux only: elsewhere there is nothing to read. */
import { readdir, readFile } from "node:fs/promises";

type Process = { readonly pid: number; readonly parent: number; readonly memoryBytes: number };

/**
 * Anonymous and shared memory of the tree under `root`, in bytes. File pages are left out: the processes share them, and
 * the kernel takes them back when it needs to. A sandbox's own pid 1 keeps orphans inside the tree.
 */
export async function readTreeMemoryBytes(root: number): Promise<number> {
  const children = Map.groupBy(await readProcesses(), ({ parent }) => parent);
  const everyone = [...children.values()].flat();
  const queue = everyone.filter(({ pid }) => pid === root);
  let bytes = 0;
  for (let next = queue.pop(); next; next = queue.pop()) {
    bytes += next.memoryBytes;
    queue.push(...(children.get(next.pid) ?? []));
  }
  return bytes;
}

async function readProcesses(): Promise<Process[]> {
  // Without file descriptors to spare a sample is empty: the next one comes in a moment.
  const names = await readdir("/proc").catch(() => []);
  const processes = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return processes.filter((process) => process !== null);
}

async function readProcess(pid: string): Promise<Process | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "latin1");
    const kib = fieldOf(status, "RssAnon") + fieldOf(status, "RssShmem");
    return { pid: Number(pid), parent: fieldOf(status, "PPid"), memoryBytes: kib * 1024 };
  } catch {
    // It ended between the listing and the reading.
    return null;
  }
}

function fieldOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}
