/** The life of a deployment: its seven statuses, what each may become, its phases, and why it can fail. */
import * as z from "zod";

export const DEPLOYMENT_STATUSES = [
  "building",
  "built",
  "uploading",
  "canary",
  "live",
  "superseded",
  "failed",
] as const;
export const DeploymentStatus = z.enum(DEPLOYMENT_STATUSES);
export type DeploymentStatus = z.infer<typeof DeploymentStatus>;

/** `superseded -> live` and `failed -> live` are promotes; the latter only by force, and only of a whole bundle. */
const NEXT = {
  building: ["built", "failed"],
  built: ["uploading", "failed"],
  uploading: ["canary", "live", "failed"],
  canary: ["live", "failed"],
  live: ["superseded"],
  superseded: ["live"],
  failed: ["live"],
} as const satisfies Record<DeploymentStatus, readonly DeploymentStatus[]>;

export function canBecome(from: DeploymentStatus, to: DeploymentStatus): boolean {
  return (NEXT[from] as readonly DeploymentStatus[]).includes(to);
}

/** The statuses in which a deployment still works towards its publish. */
export const IN_PROGRESS_STATUSES = ["building", "built", "uploading"] as const satisfies readonly DeploymentStatus[];

export function isInProgress(status: DeploymentStatus): boolean {
  return (IN_PROGRESS_STATUSES as readonly DeploymentStatus[]).includes(status);
}

/** What the build job does right now. Steps of the builder, framed by control's own. */
export const BUILD_STEPS = ["stage", "config", "install", "build", "collect", "upload"] as const;
export const BuildStep = z.enum(BUILD_STEPS);
export type BuildStep = z.infer<typeof BuildStep>;

export const DEPLOYMENT_PHASES = ["queued", "starting", ...BUILD_STEPS, "verify"] as const;
export const DeploymentPhase = z.enum(DEPLOYMENT_PHASES);
export type DeploymentPhase = z.infer<typeof DeploymentPhase>;

/** Why a deployment failed, whose side the fault is on, and what to do about it. Shipped codes never change meaning. */
export const FAILURES = {
  source_unreadable: { side: "platform", help: "A file of the source is missing or damaged in storage. Deploy again." },
  package_json_missing: {
    side: "app",
    help: "Add a package.json to the folder you deploy, or deploy the folder that has one.",
  },
  config_invalid: { side: "app", help: "Correct atelier.config.ts; the detail names the field." },
  install_failed: { side: "app", help: "npm could not install the dependencies. Its own words are in the log." },
  build_failed: { side: "app", help: "The build command ended with an error. Its own words are in the log." },
  build_timeout: {
    side: "app",
    help: "A step ran longer than allowed and was ended. Look for a command that waits or watches.",
  },
  memory_exceeded: { side: "app", help: "The build used more memory than allowed and was ended." },
  disk_exceeded: { side: "app", help: "The build wrote more than allowed to disk and was ended." },
  output_missing: {
    side: "app",
    help: "The build ended well but wrote no output folder. Set build.output in atelier.config.ts.",
  },
  output_empty: { side: "app", help: "The output folder has no files." },
  output_too_large: {
    side: "app",
    help: "The output is larger than allowed; the detail names the limit and the largest files.",
  },
  output_too_many_files: { side: "app", help: "The output has more files than allowed." },
  output_link_refused: {
    side: "app",
    help: "A link in the output points out of it. Copy the file into the output instead.",
  },
  output_path_invalid: {
    side: "app",
    help: "A file in the output has a name that no URL or system can carry. Rename it.",
  },
  upload_failed: { side: "platform", help: "The bundle could not be stored. Deploy again." },
  verification_failed: { side: "platform", help: "The stored bundle is not what the build made. Deploy again." },
  builder_lost: { side: "platform", help: "No builder could finish this build. Deploy again." },
  builder_error: {
    side: "platform",
    help: "The builder met an error of its own. Deploy again; the log has its words.",
  },
  upload_abandoned: {
    side: "platform",
    help: "The deployment made no progress for 12 hours and was given up. Deploy again.",
  },
  root_missing: {
    side: "app",
    help: "The source has no such folder. Correct the project's setting build.root, or deploy the folder that has it.",
  },
  env_key_lost: {
    side: "platform",
    help: "The key that its environment variables were encrypted with is not there. Set the variables again, or bring the key back, then deploy.",
  },
  env_leaked: {
    side: "app",
    help: "The output holds the value of a variable that is not public. Take it out; the detail names file, variable and place.",
  },
  cancelled: { side: "app", help: "It was cancelled before it was live. Deploy again, or retry it." },
  replaced: { side: "app", help: "A newer deployment of the same channel took its place before it was live." },
  canary_regression: {
    side: "app",
    help: "Its visitors fared worse than those of the previous version, which serves everybody again. See why with: atelier rollout explain.",
  },
  canary_integrity: {
    side: "platform",
    help: "A file of its bundle was missing or damaged in storage. The previous version serves everybody again. Deploy again.",
  },
  canary_inconclusive: {
    side: "app",
    help: "Too few visitors saw the canary, and the project wants evidence. Deploy again when there is traffic, or change onInconclusive.",
  },
} as const satisfies Record<string, { side: "app" | "platform"; help: string }>;

export type FailureReason = keyof typeof FAILURES;
export const FAILURE_REASONS = Object.keys(FAILURES) as [FailureReason, ...FailureReason[]];
export const FailureReason = z.enum(FAILURE_REASONS);
