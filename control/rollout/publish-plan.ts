/** Whether a deployment that is whole goes to everybody at once, or through a rollout. Pure. */
import type { CanaryConfig } from "../../schema/contracts/atelier-config.ts";
import { type Channel, PRODUCTION } from "../../schema/hostname.ts";
import type { Arm } from "../../schema/route-record.ts";
import { type RolloutSettings, rolloutSettings } from "./settings.ts";

/**
 * Why there is no rollout, as the event of the flip says it.
 * - `preview`: only production has visitors to protect
 * - `first`: nothing is live that could be compared with
 * - `same_build`: what is live is the same
 * - `skipped_by_file`, `skipped_by_project`: `canary: "skip"` in the app's config, or in the project's settings
 * - `skipped_by_platform`: neither says anything, and this installation has no canaries by default
 */
export type NoRollout =
  | "preview"
  | "first"
  | "same_build"
  | "skipped_by_file"
  | "skipped_by_project"
  | "skipped_by_platform";

/** What happens to the deployments of who says nothing: the default stages, or none. */
export const DEFAULT_CANARY = ["stages", "skip"] as const;
export type DefaultCanary = (typeof DEFAULT_CANARY)[number];

export type PublishPlan =
  | { readonly kind: "live"; readonly why: NoRollout }
  | { readonly kind: "canary"; readonly settings: RolloutSettings };

export type PublishCase = {
  readonly channel: Channel;
  /** What is live on it; null when nothing is. */
  readonly live: Arm | null;
  readonly arm: Arm;
  readonly file: CanaryConfig | "skip" | undefined;
  readonly project: CanaryConfig | "skip" | null;
  readonly platform: DefaultCanary;
};

export function planPublish({ channel, live, arm, file, project, platform }: PublishCase): PublishPlan {
  if (channel !== PRODUCTION) return { kind: "live", why: "preview" };
  if (live === null) return { kind: "live", why: "first" };
  if (live.build === arm.build && live.env === arm.env) return { kind: "live", why: "same_build" };
  if (platform === "skip" && file === undefined && project === null)
    return { kind: "live", why: "skipped_by_platform" };
  const settings = rolloutSettings(file, project);
  if (settings === null) return { kind: "live", why: file === "skip" ? "skipped_by_file" : "skipped_by_project" };
  return { kind: "canary", settings };
}
