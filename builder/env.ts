/** The builder's settings, read once from its environment. */
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { MAX_BUNDLE_FILES } from "../schema/limits.ts";
import { err, ok, type Result } from "../schema/result.ts";

const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

const Whole = z.string().regex(/^\d+$/, "must be a whole number").transform(Number);
const Positive = Whole.refine((value) => value > 0 && Number.isSafeInteger(value), "must be above 0");

const Environment = z.object({
  /** 0 takes any free port; the listening line names it. */
  BUILDER_PORT: Whole.refine((port) => port <= 65_535, "must be a port").default(8788),
  BUILDER_HOST: z.string().min(1).default("127.0.0.1"),
  BUILDER_TOKEN: z.string("is needed: the bearer token that control sends").min(1, "must not be empty"),
  /** `auto` takes the strongest that works here, `bubblewrap` refuses to start without, `plain` is a choice for tests. */
  BUILDER_SANDBOX: z.enum(["auto", "bubblewrap", "plain"]).default("auto"),
  /** As root, builds run as this account and the BUILDER_MAX_JOBS - 1 after it: accounts that own nothing. */
  BUILDER_UID: Positive.default(59_000),
  BUILDER_WORK_DIR: z.string().min(1).default(join(tmpdir(), "atelier-builder")),
  /** Jobs that build at the same time; others wait for their turn. */
  BUILDER_MAX_JOBS: Positive.default(Math.max(1, Math.floor(availableParallelism() / 2))),
  S3_ENDPOINT: z.url({ protocol: /^https?$/, error: "is needed: the URL of the S3 storage" }),
  S3_REGION: z.string().min(1).default("auto"),
  /** For an answer to begin, and for a connection that stands still. */
  S3_TIMEOUT_MS: Positive.default(MINUTE_MS),
  BUILD_TIMEOUT_MS: Positive.default(20 * MINUTE_MS),
  BUILD_MEMORY_BYTES: Positive.default(4 * 1024 * MIB),
  BUILD_DISK_BYTES: Positive.default(4 * 1024 * MIB),
  BUILD_MAX_PROCESSES: Positive.default(2_048),
  OUTPUT_MAX_BYTES: Positive.default(512 * MIB),
  OUTPUT_MAX_FILES: Positive.refine(
    (files) => files <= MAX_BUNDLE_FILES,
    `must be at most ${MAX_BUNDLE_FILES}`,
  ).default(20_000),
});

/**
 * What a build may use. Times in milliseconds and per step, sizes in bytes; memory counts all processes of a step together,
 * disk all folders of the job with its project's cache.
 */
export type BuildLimits = {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly maxProcesses: number;
  readonly outputBytes: number;
  readonly outputFiles: number;
};

export type Settings = {
  readonly port: number;
  readonly host: string;
  readonly token: string;
  readonly sandbox: "auto" | "bubblewrap" | "plain";
  readonly firstUid: number;
  readonly workDir: string;
  readonly maxJobs: number;
  readonly s3: { readonly endpoint: string; readonly region: string; readonly timeoutMs: number };
  readonly limits: BuildLimits;
  /** The part of our environment that package managers need to reach their registry. */
  readonly packageManagerEnv: PackageManagerEnv;
};

export function readSettings(environment: Readonly<Record<string, string | undefined>>): Result<Settings, string> {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    return err(parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("\n"));
  }
  const env = parsed.data;
  return ok({
    port: env.BUILDER_PORT,
    host: env.BUILDER_HOST,
    token: env.BUILDER_TOKEN,
    sandbox: env.BUILDER_SANDBOX,
    firstUid: env.BUILDER_UID,
    workDir: resolve(env.BUILDER_WORK_DIR),
    maxJobs: env.BUILDER_MAX_JOBS,
    s3: { endpoint: env.S3_ENDPOINT, region: env.S3_REGION, timeoutMs: env.S3_TIMEOUT_MS },
    limits: {
      timeoutMs: env.BUILD_TIMEOUT_MS,
      memoryBytes: env.BUILD_MEMORY_BYTES,
      diskBytes: env.BUILD_DISK_BYTES,
      maxProcesses: env.BUILD_MAX_PROCESSES,
      outputBytes: env.OUTPUT_MAX_BYTES,
      outputFiles: env.OUTPUT_MAX_FILES,
    },
    packageManagerEnv: pickPackageManagerEnv(environment),
  });
}

export type PackageManagerEnv = Readonly<Partial<Record<(typeof PACKAGE_MANAGER_ENV)[number], string>>>;

const PACKAGE_MANAGER_ENV = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "npm_config_registry",
  "NPM_CONFIG_REGISTRY",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
] as const;

function pickPackageManagerEnv(environment: Readonly<Record<string, string | undefined>>): PackageManagerEnv {
  return Object.fromEntries(
    PACKAGE_MANAGER_ENV.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
}
