import * as z from "zod";
import { Slug } from "../hostname.ts";
import { ProjectId } from "../ids.ts";

/** `POST /v1/projects` */
export const CreateProject = z.strictObject({
  slug: Slug,
  name: z.string().trim().min(1).max(100).optional(),
});
export type CreateProject = z.infer<typeof CreateProject>;

export const Project = z.object({
  id: ProjectId,
  slug: Slug,
  name: z.string(),
  /** Where its production channel answers. */
  url: z.url(),
  createdAt: z.iso.datetime(),
});
export type Project = z.infer<typeof Project>;

export const ProjectList = z.object({ projects: z.array(Project) });
