/** Copies of route records in KV. In other places than the writer's they lag: up to KV_CACHE_SECONDS, and then some. */
import { routeKey } from "../schema/keys.ts";
import { RouteRecord } from "../schema/route-record.ts";
import type { RouteSources } from "./registry-layers.ts";

/** The shortest that KV allows (https://developers.cloudflare.com/kv/platform/limits). */
const KV_CACHE_SECONDS = 30;

export function createRouteCopies(kv: KVNamespace): RouteSources["readCopy"] {
  return async (project, channel) => {
    const value = await kv.get(routeKey(project, channel), { type: "json", cacheTtl: KV_CACHE_SECONDS });
    return value === null ? null : RouteRecord.parse(value);
  };
}
