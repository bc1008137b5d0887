/** Copies of host names in KV: `host/<hostname>` -> project. */
import type { Hostname } from "../schema/hostname.ts";
import type { ProjectId } from "../schema/ids.ts";
import { hostKey } from "../schema/keys.ts";
import { HostRecord } from "../schema/route-record.ts";

export function createHostCopies(kv: KVNamespace): (hostname: Hostname) => Promise<ProjectId | null> {
  return async (hostname) => {
    const value = await kv.get(hostKey(hostname), { type: "json" });
    return value === null ? null : HostRecord.parse(value).project;
  };
}
