/**
 * The contract between `BuildRun` (control) and the builder, a job server:
 *   PUT    /builds/:deployment                 start (idempotent by deployment and attempt)
 *   GET    /builds/:deployment/events?after=N  NDJSON of numbered events; ends when the job rests, or after a while
 *   GET    /builds/:deployment/manifest        the canonical manifest text, once built
 *   POST   /builds/:deployment/upload          store the missing blobs, then the manifest (idempotent)
 *   DELETE /builds/:deployment                 end it and forget it
 *   GET    /toolchain                          what decides a build besides its source and env
 * All with `Authorization: Bearer <BUILDER_TOKEN>`. A job that the builder does not know is a 404: it was lost.
 * One that a builder gave up because it was asked to stop is a 410 until it is started again, with the same attempt: it was handed back.
 */
import * as z from "zod";
import { Digest } from "../digest.ts";
import { DeploymentId, ProjectId } from "../ids.ts";
import { BuildStep, FailureReason } from "../lifecycle.ts";
import { Variable } from "../variable.ts";
import { AtelierConfig } from "./atelier-config.ts";
import { BuildSettings, DEFAULT_SETTINGS } from "./project-settings.ts";

/** Rights on the S3 storage. Handed over per call, kept only for that call's step; the endpoint is a setting of the builder. */
export const StorageGrant = z.strictObject({
  bucket: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});
export type StorageGrant = z.infer<typeof StorageGrant>;

export const BuildJob = z.strictObject({
  version: z.literal(1),
  deployment: DeploymentId,
  /** 1, or 2 after the first builder was lost. Events are numbered per attempt. */
  attempt: z.int().min(1).max(2),
  project: ProjectId,
  source: Digest,
  /** The digest of `variables`, which the builder can not check: its key stays with control. */
  env: Digest,
  /** For the build command alone. They are in no log, no setting and no file of the builder. */
  variables: z.array(Variable).default([]),
  /** Of the project when the deployment was created. */
  settings: BuildSettings.default(DEFAULT_SETTINGS.build),
  /** To read the source. Dropped before anything of the app runs. */
  storage: StorageGrant,
});
export type BuildJob = z.infer<typeof BuildJob>;

/** How a job stands: `running` and `uploading` go on by themselves, the others rest. */
const BUILD_JOB_STATES = ["running", "built", "uploading", "uploaded", "failed"] as const;
export type BuildJobState = { readonly attempt: number; readonly state: (typeof BUILD_JOB_STATES)[number] };

const Numbered = z.object({ n: z.int().min(1), at: z.iso.datetime() });

export const BuildEvent = z.discriminatedUnion("type", [
  Numbered.extend({ type: z.literal("step"), step: BuildStep }),
  Numbered.extend({ type: z.literal("note"), step: BuildStep, text: z.string() }),
  Numbered.extend({
    type: z.literal("output"),
    step: BuildStep,
    stream: z.enum(["stdout", "stderr"]),
    text: z.string(),
  }),
  /** Rests until `upload`. `config` is the validated atelier.config. */
  Numbered.extend({
    type: z.literal("built"),
    build: Digest,
    files: z.int(),
    bytes: z.int(),
    config: AtelierConfig,
  }),
  Numbered.extend({ type: z.literal("uploaded"), blobs: z.int(), bytes: z.int() }),
  Numbered.extend({ type: z.literal("failed"), step: BuildStep, reason: FailureReason, detail: z.string() }),
]);
export type BuildEvent = z.infer<typeof BuildEvent>;

export const UploadRequest = z.strictObject({
  attempt: z.int().min(1).max(2),
  storage: StorageGrant,
  /** The blobs of the manifest that the project's storage does not have yet. */
  missing: z.array(Digest),
});
export type UploadRequest = z.infer<typeof UploadRequest>;

export const ReadBuildEvents = z.object({ after: z.coerce.number().int().min(0).default(0) });

/** `digest` stands for the versions of Node, npm, the builder's own rules and the machine's kind. */
export const Toolchain = z.object({ digest: Digest, versions: z.record(z.string(), z.string()) });
export type Toolchain = z.infer<typeof Toolchain>;
