import * as z from "zod";

const UUID_V7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

/** `prj_<uuidv7>`: one app. */
export const ProjectId = z
  .string()
  .regex(new RegExp(`^prj_${UUID_V7}$`), "must be a project id, prj_<uuid>")
  .brand<"ProjectId">();
export type ProjectId = z.infer<typeof ProjectId>;

/** `dpl_<uuidv7>`: one attempt to bring a source to a channel. */
export const DeploymentId = z
  .string()
  .regex(new RegExp(`^dpl_${UUID_V7}$`), "must be a deployment id, dpl_<uuid>")
  .brand<"DeploymentId">();
export type DeploymentId = z.infer<typeof DeploymentId>;

/** `rol_<uuidv7>`: a canary's way to everybody. It is also the salt by which its visitors are drawn. */
export const RolloutId = z
  .string()
  .regex(new RegExp(`^rol_${UUID_V7}$`), "must be a rollout id, rol_<uuid>")
  .brand<"RolloutId">();
export type RolloutId = z.infer<typeof RolloutId>;

/** `whk_<uuidv7>`: a receiver of a project's events. */
export const WebhookId = z
  .string()
  .regex(new RegExp(`^whk_${UUID_V7}$`), "must be a webhook id, whk_<uuid>")
  .brand<"WebhookId">();
export type WebhookId = z.infer<typeof WebhookId>;

/** `msg_<uuidv7>`: one event on its way to one webhook, the same over all its attempts. */
export const DeliveryId = z
  .string()
  .regex(new RegExp(`^msg_${UUID_V7}$`), "must be a delivery id, msg_<uuid>")
  .brand<"DeliveryId">();
export type DeliveryId = z.infer<typeof DeliveryId>;

/** Turns a fresh UUID (version 7, so that ids sort by age) into an id. The caller brings the UUID: ids are an argument. */
export function projectIdFrom(uuid: string): ProjectId {
  return ProjectId.parse(`prj_${uuid}`);
}

export function deploymentIdFrom(uuid: string): DeploymentId {
  return DeploymentId.parse(`dpl_${uuid}`);
}

export function rolloutIdFrom(uuid: string): RolloutId {
  return RolloutId.parse(`rol_${uuid}`);
}

export function webhookIdFrom(uuid: string): WebhookId {
  return WebhookId.parse(`whk_${uuid}`);
}

export function deliveryIdFrom(uuid: string): DeliveryId {
  return DeliveryId.parse(`msg_${uuid}`);
}
