/**
 * Child processes in groups of their own, so that ending one ends what it started (wrangler leaves workerd behind
 * otherwise), and a guard that ends the groups when this process dies, however it dies.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

export type ProcessGroup = {
  readonly child: ChildProcess;
  /** Resolves when the leader of the group is gone. */
  readonly ended: Promise<void>;
  /** Asks the group to end, and makes it after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** Ends the group at once, as a crash would. */
  kill(): Promise<void>;
};

export function startGroup(command: string, args: readonly string[], options: SpawnOptions): ProcessGroup {
  const child = spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  if (pid !== undefined) guard().stdin?.write(`+${pid}\n`);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });

  async function end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (pid === undefined) return;
    signalGroup(pid, signal);
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
    await ended;
    clearTimeout(timer);
    // What outlived its leader.
    signalGroup(pid, "SIGKILL");
    guard().stdin?.write(`-${pid}\n`);
  }

  return {
    child,
    ended,
    stop: (graceMs = 5_000) => end("SIGTERM", graceMs),
    kill: () => end("SIGKILL", 0),
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const GUARD = `
const groups = new Set();
require("node:readline").createInterface({ input: process.stdin })
  .on("line", (line) => { const pid = Number(line.slice(1)); line[0] === "+" ? groups.add(pid) : groups.delete(pid); })
  .on("close", () => { for (const pid of groups) { try { process.kill(-pid, "SIGKILL"); } catch {} } process.exit(0); });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
`;

let running: ChildProcess | undefined;

/** Its standard input is our end of a pipe: when we are gone, it reads the end and ends the groups. */
function guard(): ChildProcess {
  if (!running) {
    running = spawn(process.execPath, ["-e", GUARD], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    running.unref();
    const { stdin } = running;
    if (stdin && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  }
  return running;
}
