/**
 * `npm start`: the whole platform on this machine until Ctrl-C, its state in `.atelier/`. On an empty state the sample
 * app is deployed. `--reload` (npm run dev) also starts the builder again when its code changes; the Workers always do.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { send } from "../support/http.ts";
import { type LocalWorld, PortTaken, startLocalWorld } from "../support/local-world.ts";
import { startGroup } from "../support/process-group.ts";
import { API_HOST, ROOT } from "../support/world-config.ts";
import { FolderTaken } from "../support/world-lock.ts";

const DEFAULT_PORT = 8787;
const SAMPLE = { slug: "hello", folder: join(ROOT, "test/fixtures/apps/hello") };

const { values } = parseArgs({ options: { reload: { type: "boolean", default: false }, port: { type: "string" } } });
const port = Number(values.port ?? process.env.ATELIER_PORT ?? DEFAULT_PORT);
const folder = join(ROOT, ".atelier");

process.exitCode = await main();

async function main(): Promise<number> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    say(`${pc.red("No port:")} ${values.port ?? process.env.ATELIER_PORT}. ATELIER_PORT is a number from 1 to 65535.`);
    return 1;
  }
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interrupted.abort());
  const ended = once(interrupted.signal, "abort");
  say(pc.dim("Starting Atelier ..."));
  let world: LocalWorld;
  try {
    world = await startLocalWorld({ folder, port, reload: values.reload, controlVars: readControlVars() });
  } catch (error) {
    if (error instanceof FolderTaken) {
      const { pid, port } = error.holder;
      say(
        `${pc.red("Atelier already runs here:")} http://${API_HOST}:${port}/v1 (process ${pid}). End that one first.`,
      );
      return 1;
    }
    if (!(error instanceof PortTaken)) throw error;
    say(`${pc.red("Port")} ${port} ${pc.red("is taken")}: another program listens there.`);
    say(`End it, or choose another port: ATELIER_PORT=${port + 1} npm start`);
    return 1;
  }
  const { api, token } = world;
  writeFileSync(join(folder, "credentials.json"), JSON.stringify({ api, token }), { mode: 0o600 });
  if (!interrupted.signal.aborted && (await isEmpty(world))) await deploySample(world, interrupted.signal);
  if (!interrupted.signal.aborted) showAddresses(world);
  if (!interrupted.signal.aborted) await ended;
  say(pc.dim("Stopping ..."));
  await world.stop();
  say(pc.dim("Stopped."));
  return 0;
}

/** Settings of control that the environment may bring. */
function readControlVars(): Record<string, string> {
  const names = ["WEBHOOK_PRIVATE_HOSTS", "DNS_RESOLVER_URL", "DEFAULT_CANARY"] as const;
  const given = Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  // Unlike in tests, deployments take the way that they take in production.
  return { DEFAULT_CANARY: "stages", ...given };
}

async function isEmpty(world: LocalWorld): Promise<boolean> {
  const path = `/v1/projects/${SAMPLE.slug}/channels/production`;
  const headers = { authorization: `Bearer ${world.token}` };
  const { projects } = JSON.parse((await send(world.origin, API_HOST, "/v1/projects", { headers })).text) as {
    projects: { slug: string }[];
  };
  if (projects.some(({ slug }) => slug !== SAMPLE.slug)) return false;
  const channel = await send(world.origin, API_HOST, path, { headers });
  return channel.status === 404 || JSON.parse(channel.text).route === null;
}

/** In a group of its own: Ctrl-C is for the world, which ends it. */
async function deploySample(world: LocalWorld, interrupted: AbortSignal): Promise<void> {
  say(pc.dim("Deploying the sample app ..."));
  const args = [join(ROOT, "control/cli/atelier.mjs"), "deploy", SAMPLE.folder, "--project", SAMPLE.slug];
  const { child, ended, stop } = startGroup(process.execPath, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ATELIER_API: world.api, ATELIER_TOKEN: world.token },
  });
  await Promise.race([ended, once(interrupted, "abort")]);
  if (interrupted.aborted) await stop();
  else if (child.exitCode !== 0) say(pc.yellow("The sample app was not deployed; the next start tries again."));
}

function showAddresses(world: LocalWorld): void {
  say("");
  say(`  ${pc.bold("Atelier is running")}`);
  say("");
  say(`  Sample app   ${pc.cyan(world.appUrl(SAMPLE.slug))}`);
  say(`  API          ${pc.cyan(`${world.api}/v1`)}, all of it at ${pc.cyan(`${world.api}/docs`)}`);
  say(`  Token        ${world.token}`);
  say(`  Logs         ${world.logFiles.map((file) => relative(process.cwd(), file)).join(", ")}`);
  if (world.warnings) say(`\n${pc.yellow(world.warnings.trim())}`);
  say("");
  say(`  Deploy your own app:  ${pc.bold("npx atelier deploy ../my-app")}`);
  say(pc.dim("  Ctrl-C stops everything; the state stays in .atelier/"));
  say("");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
