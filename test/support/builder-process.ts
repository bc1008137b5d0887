/** The builder as a process of its own, in its own group. */
import { once } from "node:events";
import { appendFileSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type ProcessGroup, startGroup } from "./process-group.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 60_000;

export type BuilderOptions = {
  readonly s3Endpoint: string;
  readonly workDir: string;
  readonly token?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Further settings, see `builder/env.ts`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Start again when a file of the builder changes. */
  readonly reload?: boolean;
  /** Keeps what it says. */
  readonly logFile?: string;
};

export type BuilderProcess = {
  readonly url: string;
  readonly token: string;
  readonly group: ProcessGroup;
  /** What it said so far, on both streams. */
  words(): string;
  /** The same of its standard error alone. */
  warnings(): string;
};

/** Resolves when the builder listens. Throws with its words when it ends before. */
export async function startBuilder(options: BuilderOptions): Promise<BuilderProcess> {
  const token = options.token ?? "test-builder-token";
  const args = [...(options.reload ? ["--watch", "--watch-preserve-output"] : []), join(ROOT, "builder/main.ts")];
  const group = startGroup(process.execPath, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      BUILDER_PORT: String(options.port ?? 0),
      BUILDER_TOKEN: token,
      BUILDER_WORK_DIR: options.workDir,
      S3_ENDPOINT: options.s3Endpoint,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let words = "";
  let warnings = "";
  const log = options.logFile ? openSync(options.logFile, "a", 0o600) : null;
  for (const stream of [group.child.stdout, group.child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      words += chunk.toString();
      if (stream === group.child.stderr) warnings += chunk.toString();
      if (log !== null) appendFileSync(log, chunk);
    });
  }
  const url = await listeningUrl(group);
  if (url === null) {
    await group.kill();
    throw new Error(`the builder did not start: ${words}`);
  }
  return { url, token, group, words: () => words, warnings: () => warnings };
}

async function listeningUrl({ child }: ProcessGroup): Promise<string | null> {
  if (child.stdout === null) return null;
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise<string>((resolve) => {
    lines.on("line", (line) => {
      if (line.includes('"builder.listening"')) resolve(JSON.parse(line).url);
    });
  });
  const over = AbortSignal.timeout(START_TIMEOUT_MS);
  return Promise.race([
    listening,
    once(child, "exit", { signal: over }).then(
      () => null,
      () => null,
    ),
  ]);
}
