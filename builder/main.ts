/** The builder's entry: reads the settings, chooses the sandbox, serves until it is told to stop. One JSON line per event. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { BuildService } from "./build-service.ts";
import { readSettings, type Settings } from "./env.ts";
import { describeError } from "./failure.ts";
import { takeHandedBack, writeHandedBack } from "./handed-back.ts";
import { prepareWorkDir } from "./job-folders.ts";
import { endLeftovers } from "./leftovers.ts";
import { chooseSandbox } from "./sandbox-choice.ts";
import { createServer } from "./server.ts";
import { Slots } from "./slots.ts";
import { findTools, readToolchain } from "./toolchain.ts";

const SWEEP_INTERVAL_MS = 60_000;
/** Those who followed a job ask again when its events end, and hear that it is handed back. */
const HANDED_BACK_MS = 500;

try {
  const settings = readSettings(process.env);
  if (settings.ok) await main(settings.value);
  else refuseToStart(settings.failure);
} catch (error) {
  refuseToStart(describeError(error));
}

async function main(settings: Settings): Promise<void> {
  await endLeftovers(settings.workDir);
  await prepareWorkDir(settings.workDir);
  const tools = findTools(process.env.PATH ?? "");
  const choice = await chooseSandbox(settings, tools);
  if (!choice.ok) return refuseToStart(`No sandbox works here:\n${choice.failure.join("\n")}`);
  const { sandbox, passedOver } = choice.value;
  if (sandbox.warning !== null) warn(`${sandbox.warning}\n${passedOver.join("\n")}`);

  const jobTools = { settings, sandbox, slots: new Slots(settings.maxJobs), now: () => new Date(), report };
  const service = new BuildService(jobTools, await takeHandedBack(settings.workDir));
  const app = createServer({
    service,
    toolchain: await readToolchain(tools),
    token: settings.token,
    onError: (error) => report({ event: "builder.error", error: error.stack }),
  });
  const server = serve({
    fetch: app.fetch,
    port: settings.port,
    hostname: settings.host,
  });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : settings.port;
  const sweeper = setInterval(() => void service.sweep(), SWEEP_INTERVAL_MS);
  report({ event: "builder.listening", url: `http://${settings.host}:${port}`, sandbox: sandbox.kind });

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(sweeper);
    // Every process of every build, before we are gone and nobody is left to end them.
    const jobs = await service.stop((deployments) => writeHandedBack(settings.workDir, deployments));
    if (jobs > 0) await sleep(HANDED_BACK_MS);
    server.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => (stopping ??= stop()));
}

function report(event: { readonly event: string; readonly [field: string]: unknown }): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function warn(text: string): void {
  process.stderr.write(`builder: ${text}\n`);
}

function refuseToStart(why: string): void {
  warn(`can not start:\n${why}`);
  process.exitCode = 1;
}
