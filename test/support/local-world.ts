/**
 * The whole platform on this machine, as processes: workerd with both Workers, D1, KV, R2 and its S3 endpoint, and the
 * builder. Everything it knows is in its folder, so that it may be killed and started again.
 */
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { send } from "./http.ts";
import { type KeptBuilder, keepBuilder } from "./kept-builder.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";
import { API_HOST, APPS_DOMAIN, ROOT, s3Endpoint, writeWorldConfigs } from "./world-config.ts";
import { keepCredentials, type WorldCredentials } from "./world-credentials.ts";
import { lockFolder } from "./world-lock.ts";

export type LocalWorldOptions = {
  /** Where state, secrets and logs are kept. */
  readonly folder: string;
  /** Of loopback; throws `PortTaken` when somebody listens there. */
  readonly port: number;
  /** Start the builder again when its files change. */
  readonly reload?: boolean;
  readonly builderEnv?: Readonly<Record<string, string>>;
  /** Settings of control, in place of the committed ones. */
  readonly controlVars?: Readonly<Record<string, string>>;
};

export type LocalWorld = {
  readonly origin: string;
  readonly api: string;
  readonly token: string;
  readonly logFiles: readonly string[];
  /** What the builder said of its sandbox when it started; empty when all is well. */
  readonly warnings: string;
  appUrl(label: string): string;
  stop(): Promise<void>;
  /** As a power cut would: nobody is asked. */
  kill(): Promise<void>;
};

export class PortTaken extends Error {
  constructor(port: number) {
    super(`port ${port} of loopback is taken`);
    this.name = "PortTaken";
  }
}

const START_TIMEOUT_MS = 60_000;

export async function startLocalWorld(options: LocalWorldOptions): Promise<LocalWorld> {
  const { folder, port } = options;
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const lock = lockFolder(join(folder, "running.json"), port);
  if ((await freePort(port)) === null) {
    lock.release();
    throw new PortTaken(port);
  }
  const builderPort = await freePort();
  if (builderPort === null) throw new Error("no port of loopback is free");
  const credentials = await keepCredentials(join(folder, "secrets.json"));
  const { controlVars = {} } = options;
  const ports = { http: port, builder: builderPort };
  const configs = writeWorldConfigs(join(folder, "config"), ports, credentials, { controlVars });
  const logFile = join(folder, "workers.log");
  const builderLogFile = join(folder, "builder.log");
  const origin = `http://127.0.0.1:${port}`;

  await prepareDirectory(folder, configs, credentials);
  const workers = await startWorkers({ folder, port, configs, logFile });
  let builder: KeptBuilder;
  try {
    builder = await keepBuilder({
      port: builderPort,
      token: credentials.builderToken,
      s3Endpoint: s3Endpoint(origin),
      workDir: join(folder, "builder"),
      reload: options.reload ?? false,
      env: options.builderEnv ?? {},
      logFile: builderLogFile,
    });
  } catch (error) {
    await workers.kill();
    throw error;
  }
  const end = async (how: "stop" | "kill") => {
    await Promise.all([builder[how](), workers[how]()]);
    lock.release();
  };
  return {
    origin,
    api: `http://${API_HOST}:${port}`,
    token: credentials.apiToken.token,
    logFiles: [logFile, builderLogFile],
    warnings: builder.warnings,
    appUrl: (label) => `http://${label}.${APPS_DOMAIN}:${port}/`,
    stop: () => end("stop"),
    kill: () => end("kill"),
  };
}

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
/** No questions, no telemetry, no look-ups of the outside; and no explorer, by which any local process could read and write all storage. */
const WRANGLER_ENV = {
  ...process.env,
  CI: "1",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
};

async function startWorkers(world: {
  folder: string;
  port: number;
  configs: string[];
  logFile: string;
}): Promise<ProcessGroup> {
  const { folder, port, configs, logFile } = world;
  const log = openSync(logFile, "a", 0o600);
  const args = ["dev", ...configs.flatMap((config) => ["-c", config]), "--ip", "127.0.0.1", "--port", String(port)];
  const workers = startGroup(
    process.execPath,
    [
      WRANGLER,
      ...args,
      "--inspector-port",
      "0",
      "--persist-to",
      join(folder, "state"),
      "--show-interactive-dev-session=false",
    ],
    { cwd: ROOT, env: WRANGLER_ENV, stdio: ["ignore", log, log] },
  );
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && workers.child.exitCode === null) {
    const answer = await send(`http://127.0.0.1:${port}`, API_HOST, "/v1/projects").catch(() => null);
    if (answer?.status === 401) return workers;
    await sleep(100);
  }
  await workers.kill();
  throw new Error(`the Workers did not start; see ${logFile}`);
}

/** Brings the directory to today's schema and makes the world's token known. Skipped when the stamp says it was done. */
async function prepareDirectory(folder: string, configs: string[], { apiToken }: WorldCredentials): Promise<void> {
  const stampFile = join(folder, "directory.stamp");
  const stamp = `${readdirSync(join(ROOT, "schema/directory/migrations")).join()} ${apiToken.id}`;
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const control = configs.find((config) => config.endsWith("control.wrangler.json")) ?? "";
  const where = ["atelier-directory", "--local", "--persist-to", join(folder, "state"), "-c", control];
  const token = `INSERT OR IGNORE INTO tokens (id, hash, name, created_at) VALUES ('${apiToken.id}', '${apiToken.hash}', 'development', '${new Date().toISOString()}')`;
  await runWrangler(["d1", "migrations", "apply", ...where]);
  await runWrangler(["d1", "execute", ...where, "--command", token]);
  writeFileSync(stampFile, stamp);
}

/** In a group of its own, so that Ctrl-C does not cut a migration short. */
async function runWrangler(args: string[]): Promise<void> {
  const { child, ended } = startGroup(process.execPath, [WRANGLER, ...args], {
    cwd: ROOT,
    env: WRANGLER_ENV,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      words += chunk.toString();
    });
  }
  await ended;
  if (child.exitCode !== 0) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed: ${words}`);
}
