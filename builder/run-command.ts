/** Runs one command of a step in the sandbox, its output going to the log, and says in the app's words how it ended. */
import type { FailureReason } from "../schema/lifecycle.ts";
import { ok, type Result } from "../schema/result.ts";
import { findAppFolder } from "./app-folder.ts";
import type { BuildLimits, PackageManagerEnv } from "./env.ts";
import type { EventLog } from "./event-log.ts";
import { type BuildFailure, fail } from "./failure.ts";
import type { JobFolders } from "./job-folders.ts";
import { readOomKills } from "./oom-kills.ts";
import type { Redaction } from "./redaction.ts";
import type { Sandbox } from "./sandbox.ts";

/** What every step of a job works with. */
export type BuildContext = {
  readonly sandbox: Sandbox;
  readonly folders: JobFolders;
  readonly limits: BuildLimits;
  readonly packageManagerEnv: PackageManagerEnv;
  readonly log: EventLog;
  readonly redaction: Redaction;
  /** Aborted with `JobEnded` when the job is taken away. */
  readonly signal: AbortSignal;
};

export type Command = {
  /** As people would type it, for messages. */
  readonly label: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** The app's own variables. They win over `env`. */
  readonly appEnv?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The reason when the command itself ends with an error. */
  readonly failure: FailureReason;
  /** What such an end means, by its code and the first lines of stderr; null when the code says it all. */
  readonly explainExit?: (code: number, stderr: readonly string[]) => string | null;
};

/** For `explainExit`. */
const KEPT_STDERR_LINES = 20;
/** 128 + 9, as shells say it. */
const SIGKILL_CODE = 137;

export async function runCommand(context: BuildContext, command: Command): Promise<Result<null, BuildFailure>> {
  const { sandbox, folders, limits, log, redaction, signal } = context;
  if ((await findAppFolder(folders)) === null) return fail(command.failure, describeGone(folders));
  const stderr: string[] = [];
  const oomKillsBefore = await readOomKills();
  const outcome = await sandbox.run({
    folders,
    argv: command.argv,
    env: command.env,
    appEnv: command.appEnv ?? {},
    timeoutMs: command.timeoutMs,
    memoryBytes: limits.memoryBytes,
    diskBytes: limits.diskBytes,
    signal,
    redaction,
    onLine: (stream, text) => {
      log.output(stream, text);
      if (stream === "stderr" && stderr.length < KEPT_STDERR_LINES) stderr.push(text);
    },
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
      return fail(
        command.failure,
        command.explainExit?.(outcome.code, stderr) ??
          `\`${label}\` ${describeExit(outcome.code, (await readOomKills()) > oomKillsBefore)}.`,
      );
    default:
      return outcome satisfies never;
  }
}

/** Only what ran before can have done it: the source has no links. */
export function describeGone({ appRoot }: JobFolders): string {
  return `An earlier command removed the folder ${appRoot}, or put a link in its place.`;
}

/** A command as it stands in a sentence. */
export function oneLine(command: string): string {
  return command.trim().replace(/\s*\n\s*/g, " ");
}

/** `oomKilled`: meanwhile the kernel ended some process of this machine for want of memory. */
export function describeExit(code: number, oomKilled: boolean): string {
  if (code !== SIGKILL_CODE) return `ended with exit code ${code}`;
  return `was ended by SIGKILL${oomKilled ? ", most likely by the kernel for want of memory" : ""}`;
}

function toSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function toMib(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}
