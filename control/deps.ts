import { uuidv7 } from "uuidv7";
import type { DeploymentId, ProjectId } from "../schema/ids.ts";
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
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A fresh UUID, version 7. */
  readonly newId: () => string;
  /** From a cryptographic source. */
  readonly randomBytes: (length: number) => Uint8Array;
};

export function createDeps(env: Env): Deps {
  const { apps, deletionGraceMs, corsOrigins, bootstrapSecret, webhooks } = readSettings(env);
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
    now: () => Date.now(),
    newId: uuidv7,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  };
}
