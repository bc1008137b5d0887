import { uuidv7 } from "uuidv7";
import type { TrafficTotals } from "../schema/contracts/traffic.ts";
import type { DeploymentId, ProjectId, RolloutId } from "../schema/ids.ts";
import { trafficMeterName } from "../schema/keys.ts";
import type { AppsUrl } from "./apps-url.ts";
import { readLog } from "./builds/read-log.ts";
import { createDirectory, type Directory } from "./directory/directory.ts";
import { type Env, readSettings } from "./env.ts";
import { createObjectStore, type ObjectStore } from "./object-store.ts";
import type { Project } from "./project/project.ts";
import { createRateLimits, type RateLimits } from "./rate-limits.ts";
import type { Sweeper } from "./retention/sweeper.ts";
import type { ReceiverRules } from "./webhooks/refuse-receiver.ts";
import type { WebhookSender } from "./webhooks/webhook-sender.ts";
import { within } from "./within.ts";

/** Who looks at a rollout sees it all the same. */
const METER_TIMEOUT_MS = 1_500;

export type ProjectObject = DurableObjectStub<Project>;

/** What the API stands on. */
export type Deps = {
  readonly apps: AppsUrl;
  readonly limits: RateLimits;
  /** How long a deleted project can be restored, in milliseconds. */
  readonly deletionGraceMs: number;
  /** From which pages of other origins the API may be called. */
  readonly corsOrigins: readonly string[];
  /** Who has it may make the first token. Null: nobody may. */
  readonly bootstrapSecret: string | null;
  readonly directory: Directory;
  readonly store: ObjectStore;
  readonly projects: (id: ProjectId) => ProjectObject;
  readonly sweepers: (id: ProjectId) => DurableObjectStub<Sweeper>;
  readonly webhookSenders: (id: ProjectId) => DurableObjectStub<WebhookSender>;
  readonly receiverRules: ReceiverRules;
  readonly readLog: (
    project: ProjectId,
    deployment: DeploymentId,
    after: number,
    follow: boolean,
  ) => ReturnType<typeof readLog>;
  /** What the meter of a rollout has counted; null when it does not answer. */
  readonly readTraffic: (project: ProjectId, rollout: RolloutId) => Promise<TrafficTotals | null>;
  /** Signs the passes of testers. */
  readonly variantKey: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A fresh UUID, version 7. */
  readonly newId: () => string;
  /** From a cryptographic source. */
  readonly randomBytes: (length: number) => Uint8Array;
};

export function createDeps(env: Env): Deps {
  const { apps, deletionGraceMs, corsOrigins, bootstrapSecret, webhooks, variantKey } = readSettings(env);
  const store = createObjectStore(env.BUNDLES);
  return {
    apps,
    limits: createRateLimits(env.REQUEST_LIMIT, env.FAILURE_LIMIT),
    deletionGraceMs,
    corsOrigins,
    bootstrapSecret,
    directory: createDirectory(env.DIRECTORY),
    store,
    projects: (id) => env.PROJECT.get(env.PROJECT.idFromName(id)),
    sweepers: (id) => env.SWEEPER.get(env.SWEEPER.idFromName(id)),
    webhookSenders: (id) => env.WEBHOOK_SENDER.get(env.WEBHOOK_SENDER.idFromName(id)),
    receiverRules: webhooks.rules,
    readLog: (project, deployment, after, follow) => {
      const run = env.BUILD_RUN.get(env.BUILD_RUN.idFromName(deployment));
      const object = env.PROJECT.get(env.PROJECT.idFromName(project));
      const sources = {
        live: (from: number, waitMs: number) => run.readLog(from, waitMs),
        finished: () => store.getLog(project, deployment),
        pending: () => object.awaitsRun(deployment),
      };
      return readLog(sources, after, follow);
    },
    readTraffic: (project, rollout) => {
      const meter = env.TRAFFIC_METER.get(env.TRAFFIC_METER.idFromName(trafficMeterName(project, rollout)));
      return within(METER_TIMEOUT_MS, meter.read()).catch(() => null);
    },
    variantKey,
    now: () => Date.now(),
    newId: uuidv7,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  };
}
