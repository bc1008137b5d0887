import * as z from "zod";
import { parseAppsUrl } from "./apps-url.ts";
import type { BuildContainer } from "./builds/build-container.ts";
import type { BuildRun } from "./builds/build-run.ts";
import type { Project } from "./project/project.ts";

export interface Env {
  readonly DIRECTORY: D1Database;
  readonly REGISTRY: KVNamespace;
  readonly BUNDLES: R2Bucket;
  readonly PROJECT: DurableObjectNamespace<Project>;
  readonly BUILD_RUN: DurableObjectNamespace<BuildRun>;
  /** Only in production: elsewhere there is no container engine and `BUILDER_URL` is used. */
  readonly BUILD_CONTAINER?: DurableObjectNamespace<BuildContainer>;
  readonly APPS_URL: string;
  readonly DELETION_GRACE_DAYS?: string;
  readonly BUILDER_URL?: string;
  readonly BUILDER_TOKEN: string;
  /** Where the builder in the container finds the S3 storage; a local builder is told by its own environment. */
  readonly S3_ENDPOINT?: string;
  readonly S3_BUCKET: string;
  readonly S3_ACCESS_KEY_ID: string;
  readonly S3_SECRET_ACCESS_KEY: string;
}

const DAY_MS = 24 * 60 * 60_000;

const Settings = z.object({
  /** Scheme, domain and port under which apps answer: `https://apps.atelier.style`. */
  APPS_URL: z.url(),
  /** How long a deleted project can be restored. */
  DELETION_GRACE_DAYS: z.coerce.number().gt(0).max(365).default(7),
  BUILDER_URL: z.url().optional(),
  BUILDER_TOKEN: z.string().min(16),
  S3_BUCKET: z.string().min(1),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
});

/** Throws with the names of what is missing, on the first request instead of somewhere deep in a deploy. */
export function readSettings(env: Env) {
  const parsed = Settings.safeParse(env);
  if (!parsed.success) throw new Error(`control is not configured: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  if (!data.BUILDER_URL && !env.BUILD_CONTAINER) {
    throw new Error("control is not configured: bind BUILD_CONTAINER, or set BUILDER_URL to a builder");
  }
  return {
    apps: parseAppsUrl(data.APPS_URL),
    deletionGraceMs: data.DELETION_GRACE_DAYS * DAY_MS,
    builderUrl: data.BUILDER_URL,
    builderToken: data.BUILDER_TOKEN,
    storage: {
      bucket: data.S3_BUCKET,
      accessKeyId: data.S3_ACCESS_KEY_ID,
      secretAccessKey: data.S3_SECRET_ACCESS_KEY,
    },
  };
}
