/** The tables of a `Project` object: the truth about one project, changed only in transactions without an await. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AtelierConfig } from "../contracts/atelier-config.ts";
import { RELEASE_KINDS } from "../contracts/channels.ts";
import type { Commit } from "../contracts/deployments.ts";
import { EVENT_TYPES, type EventData, type ProjectEvent } from "../contracts/events.ts";
import type { BuildSettings, ProjectSettings } from "../contracts/project-settings.ts";
import type { WebhookEventType, WebhookSecret } from "../contracts/webhooks.ts";
import type { Digest } from "../digest.ts";
import { ENVIRONMENTS } from "../environment.ts";
import type { Channel, Slug } from "../hostname.ts";
import type { DeploymentId, ProjectId, RolloutId, WebhookId } from "../ids.ts";
import { DEPLOYMENT_PHASES, DEPLOYMENT_STATUSES, FAILURE_REASONS } from "../lifecycle.ts";
import { ROLLOUT_OUTCOMES, VERDICT_ACTIONS } from "../rollout.ts";
import type { RouteRecord } from "../route-record.ts";
import { VISIBILITIES, type Visibility } from "../variable.ts";

/** One row: which project this object is. */
export const identity = sqliteTable("identity", {
  id: text().$type<ProjectId>().primaryKey(),
  slug: text().$type<Slug>().notNull(),
  name: text().notNull().default(""),
  /** What the owner has set; null: all defaults. */
  settings: text({ mode: "json" }).$type<ProjectSettings>(),
  deletedAt: text(),
  /** When a deleted project and its data are gone for good. */
  purgeAt: text(),
});

export const sources = sqliteTable("sources", {
  sha: text().$type<Digest>().primaryKey(),
  files: integer().notNull(),
  bytes: integer().notNull(),
  committedAt: text().notNull(),
  /** False while its list is on the way to storage. */
  stored: integer({ mode: "boolean" }).notNull().default(true),
  /** When somebody last asked for it, in milliseconds since the epoch. */
  touchedAt: integer().notNull().default(0),
  /** The generation (see `sweep`) in which this row was made. */
  since: integer().notNull().default(0),
});

/** Blobs that are stored whole or announced. What condemns them, and when, is told in control/project/condemn.ts. */
export const blobs = sqliteTable("blobs", {
  sha: text().$type<Digest>().primaryKey(),
  size: integer().notNull(),
  /** Seen whole in storage. False: announced, on its way. */
  stored: integer({ mode: "boolean" }).notNull().default(true),
  /** When somebody last said that he relies on it, in milliseconds since the epoch; up to a quarter of the grace period behind. */
  touchedAt: integer().notNull().default(0),
  /** The generation (see `sweep`) in which this row was made. */
  since: integer().notNull().default(0),
});

/** R2 keys that are being deleted: busy until R2 has confirmed it. */
export const condemned = sqliteTable("condemned", { key: text().primaryKey() });

/** One row: the sweep that runs, if one does, and the two counters that tell old messages from new ones. */
export const sweep = sqliteTable("sweep", {
  id: integer().primaryKey(),
  /** Grows with every condemnation. A row made in a later generation than a writer's announcement is not that writer's. */
  generation: integer().notNull(),
  /** Grows with every life of the sweeper. What an earlier life still says is refused. */
  fence: integer().notNull(),
  /** What was announced at or after this moment is safe from the sweep that runs; null while it may not delete. */
  protectedSince: integer(),
});

export const deployments = sqliteTable(
  "deployments",
  {
    id: text().$type<DeploymentId>().primaryKey(),
    channel: text().$type<Channel>().notNull(),
    status: text({ enum: DEPLOYMENT_STATUSES }).notNull(),
    phase: text({ enum: DEPLOYMENT_PHASES }),
    source: text().$type<Digest>().notNull(),
    env: text().$type<Digest>().notNull(),
    fresh: integer({ mode: "boolean" }).notNull(),
    /** sha256 over source, env, build settings and toolchain: what a bundle may be reused for. */
    inputs: text().$type<Digest>(),
    build: text().$type<Digest>(),
    reused: integer({ mode: "boolean" }).notNull().default(false),
    /** The bundle was verified: every blob of its manifest is stored. Only then may it be promoted. */
    whole: integer({ mode: "boolean" }).notNull().default(false),
    files: integer(),
    bytes: integer(),
    uploadedBlobs: integer(),
    uploadedBytes: integer(),
    config: text({ mode: "json" }).$type<AtelierConfig>(),
    failureReason: text({ enum: FAILURE_REASONS }),
    failureDetail: text(),
    message: text(),
    commit: text({ mode: "json" }).$type<Commit>(),
    /** The build settings of the project when it was created. */
    settings: text({ mode: "json" }).$type<BuildSettings>(),
    retryOf: text().$type<DeploymentId>(),
    pinned: integer({ mode: "boolean" }).notNull().default(false),
    collectedAt: text(),
    createdBy: text().notNull(),
    createdByToken: text(),
    createdAt: text().notNull(),
    updatedAt: text().notNull(),
  },
  (table) => [
    index("deployments_by_channel").on(table.channel, table.id),
    index("deployments_by_status").on(table.status, table.id),
    index("deployments_by_inputs").on(table.inputs),
  ],
);

/** The registry: one route record per channel. */
export const routes = sqliteTable("routes", {
  channel: text().$type<Channel>().primaryKey(),
  rev: integer().notNull(),
  record: text({ mode: "json" }).$type<RouteRecord>().notNull(),
  /** The release that wrote it. */
  release: integer().notNull(),
  /** When the channel was deleted. The row stays: a channel that comes back goes on counting, as the edge never goes back. */
  closedAt: text(),
});

export const releases = sqliteTable(
  "releases",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    channel: text().$type<Channel>().notNull(),
    kind: text({ enum: RELEASE_KINDS }).notNull(),
    deployment: text().$type<DeploymentId>().notNull(),
    build: text().$type<Digest>().notNull(),
    env: text().$type<Digest>().notNull(),
    rev: integer().notNull(),
    /** The release that a rollback from this one returns to: null for the first. */
    back: integer(),
    by: text().notNull(),
    byToken: text(),
    reason: text(),
    at: text().notNull(),
  },
  (table) => [index("releases_by_channel").on(table.channel, table.id)],
);

/** Canary deployments on their way to everybody. At most one of a channel has no end yet. */
export const rollouts = sqliteTable(
  "rollouts",
  {
    id: text().$type<RolloutId>().primaryKey(),
    channel: text().$type<Channel>().notNull(),
    deployment: text().$type<DeploymentId>().notNull(),
    /** What was live when it began. */
    control: text().$type<DeploymentId>().notNull(),
    /** A `StoredRollout` (schema/rollout.ts). */
    state: text().notNull(),
    /** A `SentProbe`: the last one. */
    probe: text(),
    /** `completed` while the bake watch still runs. */
    outcome: text({ enum: ROLLOUT_OUTCOMES }),
    startedAt: text().notNull(),
    endedAt: text(),
    /** When it is looked at next, in milliseconds since the epoch; null when it is over. */
    tickAt: integer(),
  },
  (table) => [
    index("rollouts_by_channel").on(table.channel, table.id),
    index("rollouts_by_tick").on(table.tickAt),
    index("rollouts_by_deployment").on(table.deployment),
  ],
);

/** Why rollouts were rolled back or warned about. */
export const verdicts = sqliteTable(
  "verdicts",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    rollout: text().$type<RolloutId>().notNull(),
    action: text({ enum: VERDICT_ACTIONS }).notNull(),
    /** A `Verdict` (schema/rollout.ts), with all it was decided by. */
    verdict: text().notNull(),
    at: text().notNull(),
  },
  (table) => [index("verdicts_by_rollout").on(table.rollout, table.id)],
);

export const events = sqliteTable("events", {
  seq: integer().primaryKey({ autoIncrement: true }),
  at: text().notNull(),
  type: text({ enum: EVENT_TYPES }).notNull(),
  actor: text().notNull(),
  actorToken: text(),
  channel: text().$type<Channel>(),
  deployment: text().$type<DeploymentId>(),
  reason: text(),
  data: text({ mode: "json" }).$type<EventData>().notNull(),
  /** The chain: each event's hash covers the one before. */
  previous: text().$type<Digest>().notNull().default(sql`''`),
  hash: text().$type<Digest>().notNull().default(sql`''`),
  /** Of the text that is hashed. */
  version: integer().$type<ProjectEvent["version"]>().notNull().default(1),
});

/** The receivers of the project's events. What was sent to them is known to the `WebhookSender` object. */
export const webhooks = sqliteTable("webhooks", {
  id: text().$type<WebhookId>().primaryKey(),
  url: text().notNull(),
  /** Newest first: all of them sign. They never leave this object but to the sender. */
  secrets: text({ mode: "json" }).$type<WebhookSecret[]>().notNull(),
  events: text({ mode: "json" }).$type<WebhookEventType[]>().notNull(),
  description: text().notNull(),
  active: integer({ mode: "boolean" }).notNull(),
  disabledReason: text(),
  /** Since when this URL is sent to: failures before then were another receiver's. */
  activeSince: text().notNull(),
  createdBy: text().notNull(),
  createdByToken: text(),
  createdAt: text().notNull(),
});

/** The variables of each environment, as they are now. */
export const envVariables = sqliteTable(
  "env_variables",
  {
    environment: text({ enum: ENVIRONMENTS }).notNull(),
    name: text().notNull(),
    /** Names its row of `env_values`. */
    value: text().$type<Digest>().notNull(),
    visibility: text({ enum: VISIBILITIES }).notNull(),
    /** Name and value together, in bytes. */
    bytes: integer().notNull(),
    searched: integer({ mode: "boolean" }).notNull(),
    updatedAt: text().notNull(),
    updatedBy: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environment, table.name] })],
);

/** Values, encrypted (control/env-keys.ts): those of the variables, and those that a snapshot still names. */
export const envValues = sqliteTable("env_values", {
  /** Keyed, so that a short value can not be guessed from it; over environment, name and value. */
  digest: text().$type<Digest>().primaryKey(),
  environment: text({ enum: ENVIRONMENTS }).notNull(),
  name: text().notNull(),
  key: text().notNull(),
  box: text().notNull(),
});

/** What a deployment was given: names, and of each the digest of its value. */
export type SnapshotEntry = {
  readonly name: string;
  readonly value: Digest;
  readonly visibility: Visibility;
};

export const envSnapshots = sqliteTable("env_snapshots", {
  /** Keyed, over environment and entries. */
  digest: text().$type<Digest>().primaryKey(),
  environment: text({ enum: ENVIRONMENTS }).notNull(),
  /** By name. */
  entries: text({ mode: "json" }).$type<readonly SnapshotEntry[]>().notNull(),
  createdAt: text().notNull(),
});

/** One row: what keys the digests above, encrypted itself. */
export const envDigestKey = sqliteTable("env_digest_key", {
  id: integer().primaryKey(),
  key: text().notNull(),
  box: text().notNull(),
});

export const OUTBOX_KINDS = [
  "kv",
  "index",
  "start",
  "stop",
  "project",
  "confirm",
  "purge",
  "sweep",
  "webhook",
  "traffic",
] as const;

/**
 * What must still reach other stores, written in the transaction that decided it. One row per key: a newer value takes
 * the place of an older one, and `version` tells a sender that this happened while it was away.
 */
export const outbox = sqliteTable(
  "outbox",
  {
    key: text().primaryKey(),
    kind: text({ enum: OUTBOX_KINDS }).notNull(),
    value: text().notNull(),
    version: integer().notNull(),
    /** How often it has been delivered (a KV put is done twice) and how often it failed since. */
    deliveries: integer().notNull(),
    failures: integer().notNull(),
    /** Milliseconds since the epoch. */
    dueAt: integer().notNull(),
  },
  (table) => [index("outbox_by_due").on(table.dueAt), index("outbox_by_kind").on(table.kind, table.dueAt)],
);

export const idempotency = sqliteTable("idempotency", {
  /** Token id and key: two tokens never see each other's. */
  key: text().primaryKey(),
  /** Of method, path and body. */
  requestHash: text().$type<Digest>().notNull(),
  response: text().notNull(),
  at: text().notNull(),
});
