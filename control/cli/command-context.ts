/** What a command works with. Results go to `print` (stdout, one line each), everything else to `progress` (stderr). */
import { createColors } from "picocolors";
import type { Colors } from "picocolors/types";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { createApiConnection } from "./api-connection.ts";
import { formatDuration } from "./figures.ts";
import { readInvocation } from "./invocation.ts";
import type { Progress } from "./progress.ts";
import { type Flags, readSettings } from "./settings.ts";
import { readTerminal } from "./terminal.ts";

export type CommandContext = {
  readonly cwd: string;
  /** How advised commands begin: as this one was called. */
  readonly invocation: string;
  readonly api: ApiClient;
  readonly progress: Progress;
  readonly print: (line: string) => void;
  /** Colours and width of stdout. */
  readonly paint: Colors;
  readonly columns: number | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly now: () => number;
};

export type ContextOptions = {
  readonly flags: Flags;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly version: string;
};

export async function createCommandContext({
  flags,
  progress,
  signal,
  version,
}: ContextOptions): Promise<CommandContext> {
  const { env, stdout } = process;
  const terminal = readTerminal(stdout, env);
  const connection = createApiConnection(await readSettings(flags, env), {
    userAgent: `atelier-cli/${version}`,
    signal,
    onRetry: (reason, afterMs) =>
      progress.say(`  ${reason} Trying again${afterMs > 0 ? ` in ${formatDuration(afterMs)}` : ""}.`),
  });
  return {
    cwd: process.cwd(),
    invocation: readInvocation(env),
    api: createApiClient(connection),
    progress,
    print: (line) => stdout.write(`${line}\n`),
    paint: createColors(terminal.colored),
    columns: terminal.columns,
    signal,
    now: Date.now,
  };
}
