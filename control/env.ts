import * as z from "zod";
import { parseAppsUrl } from "./apps-url.ts";
import type { BuildContainer } from "./builds/build-container.ts";
import type { BuildRun } from "./builds/build-run.ts";
import { parseKeyRing } from "./env-keys.ts";
import type { Project } from "./project/project.ts";
import type { Sweeper } from "./retention/sweeper.ts";
import { DEFAULT_CANARY } from "./rollout/publish-plan.ts";
import type { TrafficMeter } from "./traffic/traffic-meter.ts";
import { parsePrivateHosts } from "./webhooks/refuse-receiver.ts";
import type { WebhookSender } from "./webhooks/webhook-sender.ts";

export interface Env {
  readonly DIRECTORY: D1Database;
  readonly REGISTRY: KVNamespace;
  readonly BUNDLES: R2Bucket;
  readonly PROJECT: DurableObjectNamespace<Project>;
  readonly BUILD_RUN: DurableObjectNamespace<BuildRun>;
  readonly SWEEPER: DurableObjectNamespace<Sweeper>;
  /** Only in production: elsewhere there is no container engine and `BUILDER_URL` is used. */
  readonly BUILD_CONTAINER?: DurableObjectNamespace<BuildContainer>;
  readonly WEBHOOK_SENDER: DurableObjectNamespace<WebhookSender>;
  /** The router Worker, through which probes of rollouts go as visitors do. */
  readonly ROUTER: Fetcher;
  /** Named by `trafficMeterName`. */
  readonly TRAFFIC_METER: DurableObjectNamespace<TrafficMeter>;
  /** Requests of a token, and failed authentications of a client's network, at the place where they arrive. */
  readonly REQUEST_LIMIT: RateLimit;
  readonly FAILURE_LIMIT: RateLimit;
  readonly API_URL: string;
  readonly APPS_URL: string;
  readonly DELETION_GRACE_DAYS?: string;
  readonly CORS_ORIGINS?: string;
  /** Only until the first token is made. */
  readonly BOOTSTRAP_SECRET?: string;
  readonly CHANGES_PER_MINUTE?: string;
  readonly CHANGES_AT_ONCE?: string;
  readonly DNS_RESOLVER_URL: string;
  readonly WEBHOOK_PRIVATE_HOSTS?: string;
  /** `id:base64`, comma-separated, the newest first. */
  readonly ENV_KEYS?: string;
  readonly BUILDER_URL?: string;
  readonly BUILDER_TOKEN: string;
  /** Where the builder in the container finds the S3 storage; a local builder is told by its own environment. */
  readonly S3_ENDPOINT?: string;
  readonly S3_BUCKET: string;
  readonly S3_ACCESS_KEY_ID: string;
  readonly S3_SECRET_ACCESS_KEY: string;
  readonly RETENTION_GRACE_SECONDS?: string;
  readonly SWEEP_QUARANTINE_SECONDS?: string;
  readonly DEFAULT_CANARY?: string;
  /** Secret, the same as the router's. */
  readonly VARIANT_KEY: string;
}

const DAY_MS = 24 * 60 * 60_000;
/** Exactly what a browser sends as `Origin`: no wildcard, no path. */
const Origin = z
  .string()
  .refine(
    (text) => !text.includes("*") && URL.canParse(text) && new URL(text).origin === text,
    "must be origins, like https://studio.example",
  );

const Settings = z.object({
  /** Where this API answers: `https://base.atelier.style`. */
  API_URL: z.url(),
  /** Scheme, domain and port under which apps answer: `https://apps.atelier.style`. */
  APPS_URL: z.url(),
  /** How long a deleted project can be restored. */
  DELETION_GRACE_DAYS: z.coerce.number().gt(0).max(365).default(7),
  /** The origins of Studio and the console, separated by commas. */
  CORS_ORIGINS: z
    .string()
    .default("")
    .transform((list) => list.split(",").flatMap((part) => part.trim() || []))
    .pipe(z.array(Origin)),
  BOOTSTRAP_SECRET: z
    .string()
    .regex(/^[\w.~+/-]{32,}=*$/, "must have at least 32 characters, of those that a bearer token may have")
    .optional(),
  /** What one token may change in one project: so much in the long run, and so much at once. */
  CHANGES_PER_MINUTE: z.coerce.number().int().min(1).default(300),
  CHANGES_AT_ONCE: z.coerce.number().int().min(1).default(60),
  /** A resolver that speaks DNS over HTTPS (RFC 8484). */
  DNS_RESOLVER_URL: z.url(),
  /** `host:port` of webhook receivers that may have a private address and speak http, comma-separated. */
  WEBHOOK_PRIVATE_HOSTS: z.string().default(""),
  /** What encrypts environment variables at rest. Without it none can be set. */
  ENV_KEYS: z
    .string()
    .default("")
    .transform((text, context) => {
      const keys = parseKeyRing(text);
      if (keys.ok) return keys.value;
      context.addIssue({ code: "custom", message: keys.failure });
      return z.NEVER;
    }),
  BUILDER_URL: z.url().optional(),
  BUILDER_TOKEN: z.string().min(16),
  S3_BUCKET: z.string().min(1),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
  /** What was stored or asked for since is never swept. Longer than a deployment can be in progress (12 hours). */
  RETENTION_GRACE_SECONDS: z.coerce
    .number()
    .min(0)
    .default(24 * 60 * 60),
  /** How long a call to R2 whose answer was never heard may still take effect. */
  SWEEP_QUARANTINE_SECONDS: z.coerce.number().min(0).default(60),
  /** Of projects that say nothing about canaries. */
  DEFAULT_CANARY: z.enum(DEFAULT_CANARY).default("stages"),
  /** Signs the passes by which testers and probes choose a side of a rollout. */
  VARIANT_KEY: z.string().min(16),
});

/** Throws with the names of what is missing, on the first request instead of somewhere deep in a deploy. */
export function readSettings(env: Env) {
  const parsed = Settings.safeParse(env);
  if (!parsed.success) throw new Error(`control is not configured: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  if (!data.BUILDER_URL && !env.BUILD_CONTAINER) {
    throw new Error("control is not configured: bind BUILD_CONTAINER, or set BUILDER_URL to a builder");
  }
  const apps = parseAppsUrl(data.APPS_URL);
  return {
    apps,
    deletionGraceMs: data.DELETION_GRACE_DAYS * DAY_MS,
    corsOrigins: data.CORS_ORIGINS,
    bootstrapSecret: data.BOOTSTRAP_SECRET ?? null,
    changes: { capacity: data.CHANGES_AT_ONCE, perSecond: data.CHANGES_PER_MINUTE / 60 },
    webhooks: {
      resolverUrl: data.DNS_RESOLVER_URL,
      rules: {
        privateHosts: parsePrivateHosts(data.WEBHOOK_PRIVATE_HOSTS),
        ownHosts: [apps.domain, new URL(data.API_URL).hostname],
      },
    },
    envKeys: data.ENV_KEYS,
    builderUrl: data.BUILDER_URL,
    builderToken: data.BUILDER_TOKEN,
    storage: {
      bucket: data.S3_BUCKET,
      accessKeyId: data.S3_ACCESS_KEY_ID,
      secretAccessKey: data.S3_SECRET_ACCESS_KEY,
    },
    variantKey: data.VARIANT_KEY,
    defaultCanary: data.DEFAULT_CANARY,
    sweeps: {
      graceMs: data.RETENTION_GRACE_SECONDS * 1_000,
      quarantineMs: data.SWEEP_QUARANTINE_SECONDS * 1_000,
    },
  };
}
