import type { ProjectId, RolloutId } from "../../schema/ids.ts";
import { assertNever } from "../../schema/result.ts";
import type { Directory } from "../directory/directory.ts";
import { within } from "../within.ts";
import type { OutboxEntry } from "./outbox.ts";
import type { BuildRequest } from "./progress.ts";
import type { WebhookDispatch } from "./webhook-outbox.ts";

/** The stores that the outbox feeds. */
export type Stores = {
  putCopy(key: string, value: string): Promise<unknown>;
  deleteCopy(key: string): Promise<unknown>;
  readonly indexDeployment: Directory["indexDeployment"];
  readonly updateProject: Directory["updateProject"];
  startBuild(request: BuildRequest): Promise<unknown>;
  startSweep(project: ProjectId): Promise<unknown>;
  /** The project stays if the directory has it, and else ends. */
  confirm(project: ProjectId): Promise<unknown>;
  /** One step of it. */
  purge(project: ProjectId): Promise<unknown>;
  stopBuild(request: BuildRequest): Promise<unknown>;
  /** Only takes it over: what receivers do is not waited for. */
  dispatchWebhooks(dispatch: WebhookDispatch): Promise<unknown>;
  /** Of a rollout that is over. */
  forgetTraffic(project: ProjectId, rollout: RolloutId): Promise<unknown>;
};

/** A store that has not answered by then is asked again later. */
const DELIVERY_TIMEOUT_MS = 10_000;
/**
 * Of a value that a late put could win over. The key has one put in flight for so long, and the newest value waits behind it; what
 * lands later still is overwritten by the repetition (`KV_REPEAT_MS`).
 */
const PUT_TIMEOUT_MS = 30_000;

/** Brings one outbox entry to its store. Every delivery may happen twice. @returns whether it arrived */
export async function deliver(stores: Stores, project: ProjectId, entry: OutboxEntry): Promise<boolean> {
  try {
    const isPut = entry.kind === "kv" || entry.kind === "project";
    await within(isPut ? PUT_TIMEOUT_MS : DELIVERY_TIMEOUT_MS, send(stores, project, entry));
    return true;
  } catch (error) {
    const { key, failures } = entry;
    console.error(JSON.stringify({ event: "outbox.failed", project, key, failures, error: String(error) }));
    return false;
  }
}

/** Of a copy that is to be no more: null, as JSON. */
const WITHDRAWN = "null";

/** An entry's value is what `enqueue` was given for its kind. */
function send(stores: Stores, project: ProjectId, { kind, key, value, deliveries }: OutboxEntry): Promise<unknown> {
  switch (kind) {
    case "kv":
      return value === WITHDRAWN ? stores.deleteCopy(key) : stores.putCopy(key, value);
    case "index":
      return stores.indexDeployment({ project, ...JSON.parse(value) });
    case "project":
      return stores.updateProject(project, JSON.parse(value));
    // The first delivery only notes that it has begun: from then on nobody restores the project.
    case "purge":
      return deliveries === 0 ? Promise.resolve() : stores.purge(project);
    case "start":
      return stores.startBuild(JSON.parse(value));
    case "stop":
      return stores.stopBuild(JSON.parse(value));
    case "confirm":
      return stores.confirm(project);
    case "sweep":
      return stores.startSweep(project);
    case "webhook":
      return stores.dispatchWebhooks(JSON.parse(value));
    case "traffic":
      return stores.forgetTraffic(project, JSON.parse(value).rollout);
    default:
      return assertNever(kind);
  }
}
