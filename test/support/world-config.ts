/**
 * The configurations of a local world, made of the committed ones: same bindings, with the development's own ports,
 * credentials and a front Worker. They are written into the world's folder, never into the repository.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "smol-toml";
import type { WorldCredentials } from "./world-credentials.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
export const BUCKET = "atelier-bundles";
export const APPS_DOMAIN = "apps.localhost";
export const API_HOST = "base.localhost";

export type WorldPorts = { readonly http: number; readonly builder: number };

/** What a test puts in the place of the committed and of development's own. */
export type WorldOverrides = {
  /** Another entry of control, by its absolute path. */
  readonly controlMain?: string;
  readonly controlVars?: Readonly<Record<string, string>>;
  /** Of control's rate limiters, by their names: how many in 10 s. */
  readonly limits?: Readonly<Record<string, number>>;
};

/** Tests and benchmarks ask as fast as they can, all with one token. */
const UNLIMITED = 1_000_000;

/** @returns the configuration files: front first, since only the first Worker answers HTTP */
export function writeWorldConfigs(
  folder: string,
  ports: WorldPorts,
  credentials: WorldCredentials,
  overrides: WorldOverrides = {},
): string[] {
  const { accessKeyId, secretAccessKey } = credentials.s3;
  const router = readConfig("wrangler.toml", {
    APPS_DOMAIN,
    VISITOR_KEY: credentials.visitorKey,
    VARIANT_KEY: credentials.variantKey,
  });
  const control = readConfig("control/wrangler.toml", {
    API_URL: `http://${API_HOST}:${ports.http}`,
    APPS_URL: `http://${APPS_DOMAIN}:${ports.http}`,
    BUILDER_URL: `http://127.0.0.1:${ports.builder}`,
    BUILDER_TOKEN: credentials.builderToken,
    VARIANT_KEY: credentials.variantKey,
    ENV_KEYS: credentials.envKeys,
    S3_BUCKET: BUCKET,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    CORS_ORIGINS: new URL(`http://${API_HOST}:${ports.http}`).origin,
    CHANGES_PER_MINUTE: String(UNLIMITED),
    CHANGES_AT_ONCE: String(UNLIMITED),
    // Tests and benchmarks deploy again and again; those of rollouts ask for one.
    DEFAULT_CANARY: "skip",
    ...overrides.controlVars,
  });
  if (overrides.controlMain) control.main = overrides.controlMain;
  control.ratelimits = (control.ratelimits as RateLimiter[]).map(({ simple, ...limiter }) => ({
    ...limiter,
    simple: { ...simple, limit: overrides.limits?.[limiter.name] ?? UNLIMITED },
  }));
  const front = {
    name: "atelier-front",
    main: join(ROOT, "test/dev/front.ts"),
    compatibility_date: router.compatibility_date,
    services: [
      { binding: "CONTROL", service: control.name },
      { binding: "ROUTER", service: router.name },
    ],
    // Opens the bucket's S3 endpoint, for the builder.
    r2_buckets: [
      {
        binding: "BUNDLES",
        bucket_name: BUCKET,
        local_dev: { experimental_s3_credentials: { accessKeyId, secretAccessKey } },
      },
    ],
  };
  const configs = { front, router, control };
  mkdirSync(folder, { recursive: true });
  return Object.entries(configs).map(([name, config]) => {
    const path = join(folder, `${name}.wrangler.json`);
    writeFileSync(path, JSON.stringify(config, null, 2), { mode: 0o600 });
    return path;
  });
}

type RateLimiter = { readonly name: string; readonly simple: { readonly limit: number; readonly period: number } };

/** The development part of a committed configuration, with absolute paths, for use from another folder. */
function readConfig(file: string, vars: Record<string, string>): Record<string, unknown> {
  const path = join(ROOT, file);
  const { env: _, ...config } = parse(readFileSync(path, "utf8"));
  const at = (relativePath: unknown) => resolve(dirname(path), String(relativePath));
  const databases = config.d1_databases as { migrations_dir?: string }[] | undefined;
  return {
    ...config,
    main: at(config.main),
    vars: { ...(config.vars as Record<string, string>), ...vars },
    ...(databases && {
      d1_databases: databases.map((database) => ({
        ...database,
        ...(database.migrations_dir && { migrations_dir: at(database.migrations_dir) }),
      })),
    }),
  };
}

export function s3Endpoint(origin: string): string {
  return `${origin}/cdn-cgi/local/r2/s3`;
}
