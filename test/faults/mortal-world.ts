/** The whole platform as processes of this machine, which are killed with -9 and started again on what they had stored. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { ApiTarget } from "../support/api-deploy.ts";
import { type Bucket, openBucket } from "../support/bucket.ts";
import { freePort } from "../support/free-port.ts";
import { startLocalWorld } from "../support/local-world.ts";
import { WITHOUT_GRACE } from "../support/sweeps.ts";
import { BUCKET, s3Endpoint } from "../support/world-config.ts";
import { keepCredentials } from "../support/world-credentials.ts";
import { makeWorldFolder } from "../support/world-folder.ts";
import type { StoringWorld } from "./sweeps.ts";

export type MortalWorld = ApiTarget &
  StoringWorld & {
    readonly bucket: Bucket;
    /** Kills every process at once, and starts them again. */
    restart(): Promise<void>;
    close(): Promise<void>;
  };

export async function startMortalWorld(): Promise<MortalWorld> {
  const folder = makeWorldFolder();
  const port = await freePort();
  if (port === null) throw new Error("no port of loopback is free");
  const start = () => startLocalWorld({ folder, port, ...WITHOUT_GRACE });
  let world = await start();
  const { origin, token } = world;
  const { s3 } = await keepCredentials(join(folder, "secrets.json"));
  const bucket = openBucket(s3Endpoint(origin), { bucket: BUCKET, ...s3 });
  return {
    origin,
    token,
    bucket,
    projectSql: async (id, statement, ...values) => runSql(folder, id, statement, values),
    putObject: bucket.put,
    readObject: async (key) => {
      const bytes = await bucket.read(key);
      return bytes === null ? null : Buffer.from(bytes).toString();
    },
    listObjects: async (project) => (await bucket.list("")).filter((key) => key.includes(`/${project}/`)),
    restart: async () => {
      await world.kill();
      world = await start();
    },
    close: async () => {
      bucket.close();
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** On the file of the project's object: no other process lets us into its storage. */
function runSql(
  folder: string,
  project: string,
  statement: string,
  values: SQLInputValue[],
): Record<string, unknown>[] {
  const objects = join(folder, "state/v3/do/atelier-control-Project");
  for (const name of readdirSync(objects)) {
    if (!/^[0-9a-f]+\.sqlite$/.test(name)) continue;
    const file = new DatabaseSync(join(objects, name), { timeout: 5_000 });
    try {
      const isOurs = "SELECT 1 FROM sqlite_master WHERE name = 'identity'";
      if (file.prepare(isOurs).get() === undefined) continue;
      if (file.prepare("SELECT 1 FROM identity WHERE id = ?").get(project) === undefined) continue;
      return file.prepare(statement).all(...values);
    } finally {
      file.close();
    }
  }
  throw new Error(`there is no object of project ${project}`);
}
