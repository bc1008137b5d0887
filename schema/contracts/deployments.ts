import * as z from "zod";
import { Digest } from "../digest.ts";
import { Channel } from "../hostname.ts";
import { DeploymentId, ProjectId } from "../ids.ts";
import { DeploymentPhase, DeploymentStatus, FailureReason } from "../lifecycle.ts";
import { FreeText, Reason } from "./free-text.ts";
import { Paging } from "./paging.ts";
import { TokenId } from "./tokens.ts";

/** Where the source came from, so that at 3am the deploy leads to the change. */
export const Commit = z.strictObject({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/, "must be a commit's hex digits"),
  branch: FreeText.max(255).optional(),
  message: FreeText.max(2_000).optional(),
  author: FreeText.max(255).optional(),
  /** The workspace had changes that are in no commit. */
  dirty: z.boolean().optional(),
});
export type Commit = z.infer<typeof Commit>;

/** `POST /v1/projects/:project/deployments` */
export const CreateDeployment = z.strictObject({
  source: Digest,
  channel: Channel.default(Channel.parse("production")),
  message: FreeText.trim().min(1).max(500).optional(),
  commit: Commit.optional(),
  /** Build even if a bundle of the same inputs exists. */
  fresh: z.boolean().default(false),
});
export type CreateDeployment = z.infer<typeof CreateDeployment>;

/** `POST .../deployments/:deployment/cancel` */
export const CancelDeployment = z.strictObject({ reason: Reason.optional() });
export type CancelDeployment = z.infer<typeof CancelDeployment>;

/** `POST .../deployments/:deployment/retry`: a new deployment of the same source and env snapshot. */
export const RetryDeployment = z.strictObject({ fresh: z.boolean().default(false) });
export type RetryDeployment = z.infer<typeof RetryDeployment>;

/** `PATCH .../deployments/:deployment`: a pinned one is never collected. */
export const UpdateDeployment = z.strictObject({ pinned: z.boolean() });
export type UpdateDeployment = z.infer<typeof UpdateDeployment>;

export const Deployment = z.object({
  id: DeploymentId,
  project: ProjectId,
  channel: Channel,
  status: DeploymentStatus,
  /** What the build does right now; only while `status` is `building`, `built` or `uploading`. */
  phase: DeploymentPhase.nullable(),
  source: Digest,
  env: Digest,
  build: Digest.nullable(),
  /** An earlier deployment's bundle of the same inputs was used: nothing was built. */
  reused: z.boolean(),
  failure: z.object({ reason: FailureReason, detail: z.string(), help: z.string() }).nullable(),
  message: z.string().nullable(),
  commit: Commit.nullable(),
  /** The failed deployment that this one repeats. */
  retryOf: DeploymentId.nullable(),
  pinned: z.boolean(),
  /** When retention removed its bundle: from then on it can not be promoted. */
  collectedAt: z.iso.datetime().nullable(),
  /** Of the bundle, and how much of it had to be stored. */
  bundle: z.object({ files: z.int(), bytes: z.int(), uploadedBlobs: z.int(), uploadedBytes: z.int() }).nullable(),
  url: z.url(),
  createdBy: z.string(),
  createdByToken: TokenId.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Deployment = z.infer<typeof Deployment>;

/** Answer of a cancel. `changed` is false when it was cancelled before. */
export const CancelledDeployment = Deployment.extend({ changed: z.boolean() });
export type CancelledDeployment = z.infer<typeof CancelledDeployment>;

/** Newest first. `next` is the cursor of the following page, null on the last. */
export const DeploymentPage = z.object({ deployments: z.array(Deployment), next: z.string().nullable() });
export type DeploymentPage = z.infer<typeof DeploymentPage>;

export const ListDeployments = Paging.extend({
  channel: Channel.optional(),
  status: DeploymentStatus.optional(),
  build: Digest.optional(),
});
export type ListDeployments = z.infer<typeof ListDeployments>;

/** One line of `GET .../deployments/:id/logs`. Line n of a log has the `seq` n, which is the cursor (`?after=`, `Last-Event-ID`). */
export const LogLine = z.object({
  seq: z.int().min(1),
  at: z.iso.datetime(),
  kind: z.enum(["step", "output", "error", "note"]),
  step: DeploymentPhase,
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const ReadLogs = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  follow: z.enum(["true", "false"]).default("false"),
});

/** What a browser's EventSource sends when it comes back: the `id` of the last event that it has. */
export const ResumeLogs = z.object({ "last-event-id": z.coerce.number().int().min(0).optional() });
