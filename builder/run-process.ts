/**
 * Runs one process in its own group, with limits on time, memory and disk, and ends the whole group when it is over,
 * however it ends. What leaves the group is the sandbox's business.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { readDiskBytes } from "./disk-use.ts";
import { EVENT_LOG_CAPS } from "./event-log.ts";
import { createLineSplitter } from "./lines.ts";
import { readTreeMemoryBytes } from "./process-tree.ts";
import { NO_REDACTION, type Redaction } from "./redaction.ts";

/** The account that a process runs as; null keeps ours. */
export type Owner = { readonly uid: number; readonly gid: number };

export type ProcessRequest = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly owner: Owner | null;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** For everything in `diskFolders` together, whoever wrote it and when. */
  readonly diskBytes: number;
  readonly diskFolders: readonly string[];
  readonly signal: AbortSignal;
  /** Takes out of what it prints what nobody may read, before it is cut into lines. */
  readonly redaction?: Redaction;
  /** What the process finds on its file descriptor 4. */
  readonly input?: string;
  readonly onLine: (stream: "stdout" | "stderr", text: string) => void;
};

/** `code` is 128 plus the signal's number for a process that a signal ended, as shells say it. */
export type ProcessOutcome =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "memory" }
  | { readonly kind: "disk" }
  | { readonly kind: "aborted" };

/** `status` is what the process wrote to its file descriptor 3. */
export type FinishedProcess = { readonly outcome: ProcessOutcome; readonly status: string };

const MEMORY_INTERVAL_MS = 250;
/** What a build can write in that time, a disk must have to spare. */
const DISK_INTERVAL_MS = 2_000;
/** A process that left the group may hold our pipes open after the group is gone. */
const PIPE_GRACE_MS = 2_000;
const MAX_STATUS_CHARS = 4_096;

export async function runProcess(request: ProcessRequest): Promise<FinishedProcess> {
  const child = spawn(request.file, request.args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", request.input === undefined ? "ignore" : "pipe"],
    ...request.owner,
  });
  await once(child, "spawn");
  if (request.input !== undefined) writeInput(child, request.input);
  const closed = readStreams(child, request);
  const exited = readExitCode(child);

  let ended: Exclude<ProcessOutcome["kind"], "exited"> | null = null;
  const end = (why: NonNullable<typeof ended>) => {
    ended ??= why;
    endGroup(child);
  };
  const timer = setTimeout(end, request.timeoutMs, "timeout");
  const over = new AbortController();
  watchUse(child, request, over.signal, end);
  const onAbort = () => end("aborted");
  request.signal.addEventListener("abort", onAbort, { once: true });
  if (request.signal.aborted) onAbort();

  const code = await exited;
  clearTimeout(timer);
  over.abort();
  request.signal.removeEventListener("abort", onAbort);
  endGroup(child);
  const status = await closed;
  return { outcome: ended ? { kind: ended } : { kind: "exited", code }, status };
}

/** A process that ends before it has read all of it says why by its exit code. */
function writeInput(child: ChildProcess, text: string): void {
  const pipe = child.stdio[4];
  if (!(pipe instanceof Writable)) throw new Error("the process has no descriptor 4");
  pipe.on("error", () => {});
  pipe.end(text);
}

async function readExitCode(child: ChildProcess): Promise<number> {
  const [code, signal]: [number | null, NodeJS.Signals | null] = (await once(child, "exit")) as [null, NodeJS.Signals];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}

/** Resolves with the text of descriptor 3 when all streams are read, or a while after the process is gone. */
async function readStreams(
  child: ChildProcess,
  { onLine, redaction = NO_REDACTION }: Pick<ProcessRequest, "onLine" | "redaction">,
): Promise<string> {
  const endings = (["stdout", "stderr"] as const).map((name) => {
    const splitter = createLineSplitter(EVENT_LOG_CAPS.lineChars, (line) => onLine(name, line));
    const redacting = redaction.stream();
    child[name]?.on("data", (chunk: Buffer) => splitter.write(redacting.write(chunk)));
    return () => {
      splitter.write(redacting.end());
      splitter.end();
    };
  });
  let status = "";
  const statusStream = child.stdio[3];
  statusStream?.on("data", (chunk: Buffer) => {
    status = (status + chunk.toString()).slice(0, MAX_STATUS_CHARS);
  });
  child.once("exit", () => {
    setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy();
    }, PIPE_GRACE_MS).unref();
  });
  await once(child, "close");
  for (const end of endings) end();
  return status;
}

/** Two watches, as looking at the disk may take longer than memory can wait. */
function watchUse(
  { pid }: ChildProcess,
  { memoryBytes, diskBytes, diskFolders }: ProcessRequest,
  over: AbortSignal,
  end: (why: "memory" | "disk") => void,
): void {
  if (pid === undefined || process.platform !== "linux") return;
  void repeat(MEMORY_INTERVAL_MS, over, async () => {
    if ((await readTreeMemoryBytes(pid)) > memoryBytes && !over.aborted) end("memory");
  });
  void repeat(DISK_INTERVAL_MS, over, async () => {
    if ((await readDiskBytes(diskFolders, over)) > diskBytes && !over.aborted) end("disk");
  });
}

/** `intervalMs` after the start, and after the end of each time. */
async function repeat(intervalMs: number, over: AbortSignal, work: () => Promise<void>): Promise<void> {
  const pause = () => sleep(intervalMs, undefined, { signal: over }).catch(() => {});
  for (await pause(); !over.aborted; await pause()) await work();
}
