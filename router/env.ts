import type { RouteSource } from "../schema/contracts/route-lookup.ts";
import type { TrafficSink } from "../schema/contracts/traffic.ts";
import type { S3Settings } from "./objects-s3.ts";

/** The `Project` object of control, as far as the router may use it: it can only be asked. */
export interface ProjectObject extends Rpc.DurableObjectBranded, RouteSource {}

/** The `TrafficMeter` object of a rollout: the router only ever tells it. */
export interface TrafficMeterObject extends Rpc.DurableObjectBranded, TrafficSink {}

export interface Env {
  /** Replica of route records and host names; control is its only writer. */
  readonly REGISTRY: KVNamespace;
  readonly BUNDLES: R2Bucket;
  readonly DIRECTORY: D1Database;
  readonly PROJECT: DurableObjectNamespace<ProjectObject>;
  readonly TRAFFIC_METER: DurableObjectNamespace<TrafficMeterObject>;
  /** `apps.atelier.style`; in development `apps.localhost`. */
  readonly APPS_DOMAIN: string;
  /** Secret. Keys the visitor ids; changing it draws the visitors of a running rollout anew. */
  readonly VISITOR_KEY: string;
  /** Secret, the same as control's. Signs the passes by which testers and probes choose a side of a rollout. */
  readonly VARIANT_KEY: string;
  /** Storage by S3 instead of the binding BUNDLES, and how to read there. */
  readonly S3_ENDPOINT?: string;
  readonly S3_BUCKET?: string;
  readonly S3_REGION?: string;
  readonly S3_ACCESS_KEY_ID?: string;
  readonly S3_SECRET_ACCESS_KEY?: string;
}

export interface Settings {
  readonly appsDomain: string;
  readonly visitorKey: string;
  readonly variantKey: string;
  /** Null: the binding BUNDLES is read. */
  readonly s3: S3Settings | null;
}

const BINDINGS = ["REGISTRY", "DIRECTORY", "PROJECT", "TRAFFIC_METER"] as const satisfies readonly (keyof Env)[];
const KEYS = ["VISITOR_KEY", "VARIANT_KEY"] as const satisfies readonly (keyof Env)[];
/** An HMAC key shorter than this could be guessed. */
const MIN_KEY_LENGTH = 16;

/** Throws with the name of what is missing, on the first request of an isolate. */
export function readSettings(env: Env): Settings {
  for (const name of BINDINGS) {
    if (!env[name]) throw new Error(`the router is not configured: binding ${name} is missing`);
  }
  if (!env.APPS_DOMAIN) throw new Error("the router is not configured: var APPS_DOMAIN is missing");
  for (const name of KEYS) {
    if (!env[name]) throw new Error(`the router is not configured: secret ${name} is missing`);
    if (env[name].length < MIN_KEY_LENGTH) {
      throw new Error(`the router is not configured: secret ${name} is shorter than ${MIN_KEY_LENGTH} characters`);
    }
  }
  const s3 = readS3Settings(env);
  if (s3 === null && !env.BUNDLES) throw new Error("the router is not configured: binding BUNDLES is missing");
  return { appsDomain: env.APPS_DOMAIN, visitorKey: env.VISITOR_KEY, variantKey: env.VARIANT_KEY, s3 };
}

function readS3Settings(env: Env): S3Settings | null {
  if (!env.S3_ENDPOINT) return null;
  const needed = (name: "S3_BUCKET" | "S3_ACCESS_KEY_ID" | "S3_SECRET_ACCESS_KEY") => {
    const value = env[name];
    if (value) return value;
    throw new Error(`the router is not configured: ${name} is missing, which S3_ENDPOINT needs`);
  };
  return {
    endpoint: env.S3_ENDPOINT.replace(/\/+$/, ""),
    bucket: needed("S3_BUCKET"),
    region: env.S3_REGION || "auto",
    accessKeyId: needed("S3_ACCESS_KEY_ID"),
    secretAccessKey: needed("S3_SECRET_ACCESS_KEY"),
  };
}
