/** The directory: what must be unique or found across projects. Index rows, never the truth about one project. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { EventData } from "../contracts/events.ts";
import { TOKEN_EVENT_TYPES } from "../contracts/token-events.ts";
import type { Scope } from "../contracts/tokens.ts";
import type { Digest } from "../digest.ts";
import type { Channel, Hostname, Slug } from "../hostname.ts";
import type { DeploymentId, ProjectId } from "../ids.ts";

export const projects = sqliteTable("projects", {
  id: text().$type<ProjectId>().primaryKey(),
  slug: text().$type<Slug>().notNull().unique(),
  name: text().notNull(),
  createdAt: text().notNull(),
  createdBy: text().notNull(),
  createdByToken: text(),
  /** Of the request that created it, so that its repetition finds its own project. */
  requestKey: text().unique(),
  requestHash: text().$type<Digest>(),
  deletedAt: text(),
  purgeAt: text(),
});

export const hostnames = sqliteTable("hostnames", {
  hostname: text().$type<Hostname>().primaryKey(),
  project: text()
    .$type<ProjectId>()
    .notNull()
    .references(() => projects.id),
  createdAt: text().notNull(),
});

export const tokens = sqliteTable("tokens", {
  id: text().primaryKey(),
  hash: text().$type<Digest>().notNull(),
  name: text().notNull(),
  /** Tokens from before there were scopes may do everything. */
  scopes: text({ mode: "json" }).$type<readonly Scope[]>().notNull().default(["admin"]),
  /** Null: all projects. */
  projects: text({ mode: "json" }).$type<readonly ProjectId[]>(),
  createdBy: text().notNull().default(""),
  createdByToken: text(),
  createdAt: text().notNull(),
  expiresAt: text(),
  lastUsedAt: text(),
  revokedAt: text(),
  revokedBy: text(),
  revokedByToken: text(),
  /** Of the request that created it. */
  requestKey: text().unique(),
  requestHash: text().$type<Digest>(),
});

/** What happened to tokens. Only appended to, in the batch of the change, by control/directory/token-journal.ts. */
export const tokenEvents = sqliteTable(
  "token_events",
  {
    /** Without gaps. Of two who write at once one takes the number, and the other begins anew. */
    seq: integer().primaryKey(),
    at: text().notNull(),
    type: text({ enum: TOKEN_EVENT_TYPES }).notNull(),
    token: text().notNull(),
    actor: text().notNull(),
    actorToken: text(),
    reason: text(),
    data: text({ mode: "json" }).$type<EventData>().notNull(),
    previous: text().$type<Digest>().notNull(),
    hash: text().$type<Digest>().notNull(),
  },
  (table) => [index("token_events_by_token").on(table.token, table.seq)],
);

/** Deployment and build SHA -> project: from an id or a SHA in a log line or an error report to the change. */
export const deploymentIndex = sqliteTable(
  "deployment_index",
  {
    deployment: text().$type<DeploymentId>().primaryKey(),
    project: text().$type<ProjectId>().notNull(),
    channel: text().$type<Channel>().notNull(),
    /** Null until it was published. */
    build: text().$type<Digest>(),
    createdAt: text().notNull(),
  },
  (table) => [
    index("deployment_index_by_build").on(table.build),
    // For the purge of a deleted project.
    index("deployment_index_by_project").on(table.project),
  ],
);
