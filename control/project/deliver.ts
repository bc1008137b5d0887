import type { ProjectId } from "../../schema/ids.ts";
import { assertNever } from "../../schema/result.ts";
import type { Directory } from "../directory/directory.ts";
import type { OutboxEntry } from "./outbox.ts";
import type { BuildRequest } from "./progress.ts";

/** The stores that the outbox feeds. */
export type Stores = {
  putCopy(key: string, value: string): Promise<unknown>;
  readonly indexDeployment: Directory["indexDeployment"];
  startBuild(request: BuildRequest): Promise<unknown>;
};

/** Brings one outbox entry to its store. Every delivery may happen twice. @returns whether it arrived */
export async function deliver(stores: Stores, project: ProjectId, entry: OutboxEntry): Promise<boolean> {
  try {
    // An entry's value is what `enqueue` was given for its kind.
    switch (entry.kind) {
      case "kv":
        await stores.putCopy(entry.key, entry.value);
        return true;
      case "index":
        await stores.indexDeployment({ project, ...JSON.parse(entry.value) });
        return true;
      case "start":
        await stores.startBuild(JSON.parse(entry.value));
        return true;
      default:
        return assertNever(entry.kind);
    }
  } catch (error) {
    const { key, failures } = entry;
    console.error(JSON.stringify({ event: "outbox.failed", project, key, failures, error: String(error) }));
    return false;
  }
}
