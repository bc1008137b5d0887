/**
 * The processor time of the workerd processes that this process has started, from Linux's accounting: unlike time on the
 * clock it is hardly changed by what else the machine does.
 */
import { readdirSync, readFileSync } from "node:fs";

const MS_PER_TICK = 10;
/** Of the fields after the name in parentheses: user and system time. */
const [USER, SYSTEM] = [11, 12];

/** @returns milliseconds so far, of all of them */
export function workerdCpuMs(): number {
  return workerdPids().reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

export function workerdPids(): number[] {
  const workers = descendantsOf(process.pid).filter((pid) => read(pid, "comm").trim() === "workerd");
  if (workers.length === 0) throw new Error("no workerd was started by this process, or this is not Linux");
  return workers;
}

function cpuMsOf(pid: number): number {
  const fields = (read(pid, "stat").split(") ").at(-1) ?? "").split(" ");
  return (Number(fields[USER]) + Number(fields[SYSTEM])) * MS_PER_TICK;
}

function descendantsOf(pid: number): number[] {
  const children = threadsOf(pid)
    .flatMap((thread) => read(pid, `task/${thread}/children`).split(" "))
    .filter((child) => child !== "")
    .map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Empty of a process that has ended meanwhile. */
function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
