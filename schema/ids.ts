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

/** Turns a fresh UUID (version 7, so that ids sort by age) into an id. The caller brings the UUID: ids are an argument. */
export function projectIdFrom(uuid: string): ProjectId {
  return ProjectId.parse(`prj_${uuid}`);
}

export function deploymentIdFrom(uuid: string): DeploymentId {
  return DeploymentId.parse(`dpl_${uuid}`);
}
