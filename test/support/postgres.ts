/** A PostgreSQL of one's own, Debian's. In CI its absence is a failure; elsewhere its tests are skipped, and say why. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { DatabaseAddress } from "../../builder/migrate/database-url.ts";
import { freePort } from "./free-port.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";

const DEBIAN = "/usr/lib/postgresql";
const READY_WITHIN_MS = 20_000;

const bin = findBin();

export const postgresMissing: string | null = explainMissing();

function findBin(): string | null {
  try {
    const version = readdirSync(DEBIAN)
      .sort((a, b) => Number(a) - Number(b))
      .at(-1);
    return version === undefined ? null : join(DEBIAN, version, "bin");
  } catch {
    return null;
  }
}

function explainMissing(): string | null {
  if (bin !== null) return null;
  const reason = `there is no PostgreSQL under ${DEBIAN}: apt-get install postgresql`;
  if (process.env.CI) throw new Error(reason);
  console.warn(`SKIPPED, ${reason}`);
  return reason;
}

export type Postgres = {
  readonly group: ProcessGroup;
  createDatabase(): Promise<DatabaseAddress>;
  stop(): Promise<void>;
};

export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  if (bin === null) throw new Error(postgresMissing ?? "");
  const owner = findOwner();
  const folder = mkdtempSync(join(tmpdir(), "atelier-postgres-"));
  if ("uid" in owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const initdb = ["-D", data, "-U", "app", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
  execFileSync(join(bin, "initdb"), initdb, { ...owner, cwd: folder, stdio: "pipe" });
  const port = await freePort();
  const always = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const args = [...always, "max_connections=40", ...settings].flatMap((setting) => ["-c", setting]);
  const group = startGroup(join(bin, "postgres"), ["-D", data, ...args], { ...owner, cwd: folder, stdio: "ignore" });
  const server = { host: "127.0.0.1", port: port ?? 0, user: "app", password: "", tls: "off" } as const;
  await untilReady(server);
  let databases = 0;
  return {
    group,
    async createDatabase() {
      const database = `app_${++databases}`;
      await query({ ...server, database: "postgres" }, `CREATE DATABASE ${database}`);
      return { ...server, database };
    },
    async stop() {
      await group.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; Debian's package makes an account for it. */
function findOwner(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"]).toString());
  return { uid: id("-u"), gid: id("-g") };
}

async function untilReady(server: Omit<DatabaseAddress, "database">): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await query({ ...server, database: "postgres" }, "SELECT 1");
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rows are what the query says
export async function query(address: DatabaseAddress, text: string): Promise<any[]> {
  const { tls: _, ...rest } = address;
  const client = new Client(rest);
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query(text);
    return rows;
  } finally {
    await client.end();
  }
}
