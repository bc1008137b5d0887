import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, vi } from "vitest";
import { type FakeApi, startFakeApi, TOKEN } from "./fake-api.ts";

const LAUNCHER = join(import.meta.dirname, "../../../control/cli/atelier.mjs");
/** The processes of all tests are the same program: only the first has to read its TypeScript. */
const COMPILE_CACHE = join(tmpdir(), "atelier-cli-tests-compile-cache");

// Several processes start at once, and the machine may have other things to do.
vi.setConfig({ testTimeout: 30_000 });

const started: FakeApi[] = [];
afterAll(() => Promise.all(started.map((api) => api.close())));

export type CliRun = { readonly stdout: string; readonly stderr: string; readonly code: number | null };
export type CliOptions = {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeFlags?: readonly string[];
  /** What comes on stdin. */
  readonly input?: string;
  /** Called once the process runs, to send it signals. */
  readonly onStart?: (child: ChildProcess) => void;
};

/** Runs the real CLI in a process of its own, without a terminal. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), LAUNCHER, ...args], {
    cwd: options.cwd,
    env: {
      PATH: process.env.PATH,
      HOME: options.cwd,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ATELIER_RETRY_SECONDS: "0.7",
      ...options.env,
    },
    stdio: "pipe",
  });
  child.stdin.end(options.input);
  options.onStart?.(child);
  const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, code };
}

export type CliWithApi = {
  readonly api: FakeApi;
  readonly run: (args: readonly string[], options: CliOptions) => Promise<CliRun>;
};

/** A fake API of its own for one test, and the CLI set to speak to it. */
export async function startCliWithApi(): Promise<CliWithApi> {
  const api = await startFakeApi();
  started.push(api);
  const env = { ATELIER_API: api.url, ATELIER_TOKEN: TOKEN };
  return { api, run: (args, options) => runCli(args, { ...options, env: { ...env, ...options.env } }) };
}
