/** The rows of a project without its object: deployments that are published at a moment of the test's choosing. */
import { drizzle } from "drizzle-orm/durable-sqlite";
import type { Database } from "../../control/project/database.ts";
import { type DeploymentRow, findDeployment } from "../../control/project/deployment-rows.ts";
import type { Publishing } from "../../control/project/go-live.ts";
import { addDeployment, markBuilt, markUploading, publish } from "../../control/project/progress.ts";
import type { AtelierConfig } from "../../schema/contracts/atelier-config.ts";
import { DEFAULT_SETTINGS, type ProjectSettings } from "../../schema/contracts/project-settings.ts";
import { type Channel, PRODUCTION } from "../../schema/hostname.ts";
import { identity } from "../../schema/project/tables.ts";
import { PROJECT, SLUG } from "./plain-samples.ts";
import { deploymentId, digest, rolloutId } from "./samples.ts";
import { createProjectStorage } from "./sqlite-storage.ts";

export function createProjectRows(settings: Partial<ProjectSettings> = {}): Database {
  const db = drizzle(createProjectStorage(), { casing: "snake_case" });
  const row = { id: PROJECT, slug: SLUG, settings: { ...DEFAULT_SETTINGS, ...settings } };
  db.insert(identity).values(row).run();
  return db;
}

export type NewDeployment = {
  readonly number: number;
  readonly channel?: Channel;
  readonly config?: AtelierConfig;
  /** What its bundle is made of: the same text, the same build. */
  readonly build?: string;
};

export const ADA = { token: "0123456789abcdef", name: "ada" };

export function publishingOf(number: number): Publishing {
  return { rollout: rolloutId(number), defaultCanary: "stages" };
}

/** A deployment from its creation to its publish, at one moment. Its rollout, if it gets one, is `rolloutId(number)`. */
export function publishDeployment(
  db: Database,
  wish: NewDeployment,
  now: number,
  publishing?: Publishing,
): DeploymentRow {
  const { number, channel = PRODUCTION, config = {}, build: text = `build ${number}` } = wish;
  const id = deploymentId(number);
  const build = digest(text);
  const fields = { id, channel, source: digest(`source ${number}`), env: digest("{}"), fresh: false };
  addDeployment(db, PROJECT, { ...fields, settings: DEFAULT_SETTINGS.build, createdBy: ADA }, now);
  markBuilt(db, id, { build, files: 1, bytes: 1, config }, now);
  markUploading(db, id, now);
  publish(db, PROJECT, id, { build, blobs: 1, bytes: 1 }, now, publishing ?? publishingOf(number));
  const row = findDeployment(db, id);
  if (!row) throw new Error("the deployment is gone");
  return row;
}
