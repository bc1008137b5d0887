/** What the router asks about hosts and routes, in memory, with a count of what was asked. */
import type { HostSources } from "../../router/hosts-layers.ts";
import type { RouteSources } from "../../router/registry-layers.ts";
import type { RouteAnswer } from "../../schema/contracts/route-lookup.ts";
import { ProjectId } from "../../schema/ids.ts";
import { hostKey, routeKey } from "../../schema/keys.ts";
import { HostRecord, RouteRecord } from "../../schema/route-record.ts";

export interface MemoryRegistry extends HostSources {
  /** KV, as text. */
  readonly kv: Map<string, string>;
  /** The directory's rows: hostname -> project. */
  readonly hostnames: Map<string, string>;
  /** What the project's object says, by host name. */
  readonly answers: Map<string, RouteAnswer>;
  /** `object`, `kv:<key>` and `d1:<hostname>`, in order. */
  readonly asked: string[];
  readonly routes: RouteSources;
}

export function createMemoryRegistry(): MemoryRegistry {
  const kv = new Map<string, string>();
  const hostnames = new Map<string, string>();
  const answers = new Map<string, RouteAnswer>();
  const asked: string[] = [];

  const readKv = (key: string): unknown => {
    asked.push(`kv:${key}`);
    const value = kv.get(key);
    return value === undefined ? null : JSON.parse(value);
  };

  return {
    kv,
    hostnames,
    answers,
    asked,
    async readCopy(hostname) {
      const value = readKv(hostKey(hostname));
      return value === null ? null : HostRecord.parse(value).project;
    },
    async readDirectory(hostname) {
      asked.push(`d1:${hostname}`);
      const project = hostnames.get(hostname);
      return project === undefined ? null : ProjectId.parse(project);
    },
    routes: {
      async askProject(_project, hostname) {
        asked.push("object");
        return answers.get(hostname) ?? { kind: "not_owned" };
      },
      async readCopy(project, channel) {
        const value = readKv(routeKey(project, channel));
        return value === null ? null : RouteRecord.parse(value);
      },
    },
  };
}
