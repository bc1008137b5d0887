/** A deployment's bundle is whole: to everybody at once, or as the canary of a rollout. Runs in the caller's transaction. */
import type { RolloutId } from "../../schema/ids.ts";
import { type DefaultCanary, planPublish } from "../rollout/publish-plan.ts";
import { creatorOf, type DeploymentRow } from "./deployment-rows.ts";
import { findIdentity } from "./identity.ts";
import { withDefaults } from "./project-settings.ts";
import { armOf, findOpenRoute, flipTo } from "./registry.ts";
import { beginRollout, replaceRunning, type Scene } from "./rollout-moves.ts";

export type Publishing = {
  /** The id of the rollout, if there will be one. */
  readonly rollout: RolloutId;
  readonly defaultCanary: DefaultCanary;
};

/**
 * A rollout that runs on the channel is replaced now and not before: until here its visitors had nothing newer to go to. What
 * both do is one write of the route record.
 */
export function goLive(
  scene: Scene,
  deployment: DeploymentRow,
  { rollout: id, defaultCanary }: Publishing,
): "live" | "canary" {
  const { db, project, now } = scene;
  const { channel, config, message } = deployment;
  const plan = planPublish({
    channel,
    live: findOpenRoute(db, channel)?.record.live ?? null,
    arm: armOf(deployment),
    file: config?.deployments?.canary,
    project: withDefaults(findIdentity(db)?.settings ?? null).canary,
    platform: defaultCanary,
  });
  replaceRunning(scene, deployment);
  const route = findOpenRoute(db, channel);
  if (plan.kind === "canary" && route) return beginRollout(scene, { id, deployment, settings: plan.settings, route });
  const canary = plan.kind === "live" ? plan.why : undefined;
  const flip = { project, deployment, kind: "deploy", by: creatorOf(deployment), reason: message, now } as const;
  flipTo(db, { ...flip, ...(canary && { canary }) });
  return "live";
}
