/** Runs one command of a step in the sandbox, its output going to the log, and says in the app's words how it ended. */
import type { FailureReason } from "../schema/lifecycle.ts";
import { ok, type Result } from "../schema/result.ts";
import type { BuildLimits, PackageManagerEnv } from "./env.ts";
import type { EventLog } from "./event-log.ts";
import { type BuildFailure, fail } from "./failure.ts";
import type { JobFolders } from "./job-folders.ts";
import type { Sandbox } from "./sandbox.ts";

/** What every step of a job works with. */
export type BuildContext = {
  readonly sandbox: Sandbox;
  readonly folders: JobFolders;
  readonly limits: BuildLimits;
  readonly packageManagerEnv: PackageManagerEnv;
  readonly log: EventLog;
  /** Aborted with `JobEnded` when the job is taken away. */
  readonly signal: AbortSignal;
};

export type Command = {
  /** As people would type it, for messages. */
  readonly label: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The reason when the command itself ends with an error. */
  readonly failure: FailureReason;
};

export async function runCommand(context: BuildContext, command: Command): Promise<Result<null, BuildFailure>> {
  const { sandbox, folders, limits, log, signal } = context;
  const outcome = await sandbox.run({
    folders,
    argv: command.argv,
    env: command.env,
    timeoutMs: command.timeoutMs,
    memoryBytes: limits.memoryBytes,
    diskBytes: limits.diskBytes,
    signal,
    onLine: (stream, text) => log.output(stream, text),
  });
  const { label } = command;
  switch (outcome.kind) {
    case "aborted":
      throw signal.reason;
    case "timeout":
      return fail("build_timeout", `\`${label}\` ran longer than ${toSeconds(command.timeoutMs)} s and was ended.`);
    case "memory":
      return fail("memory_exceeded", `\`${label}\` used more than ${toMib(limits.memoryBytes)} MiB and was ended.`);
    case "disk":
      return fail(
        "disk_exceeded",
        `\`${label}\` wrote more than ${toMib(limits.diskBytes)} MiB to disk and was ended.`,
      );
    case "exited":
      if (outcome.code === 0) return ok(null);
      return fail(command.failure, `\`${label}\` ended with exit code ${outcome.code}${hintFor(outcome.code)}.`);
    default:
      return outcome satisfies never;
  }
}

function hintFor(code: number): string {
  return code === 137 ? " (something killed it, most likely for want of memory)" : "";
}

function toSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function toMib(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}
