import * as z from "zod";
import { Slug } from "../hostname.ts";
import { ProjectId } from "../ids.ts";
import { FreeText, Reason } from "./free-text.ts";
import { Paging } from "./paging.ts";
import { ProjectSettings, SettingsPatch } from "./project-settings.ts";

const ProjectName = FreeText.trim().min(1).max(100);

/** `POST /v1/projects` */
export const CreateProject = z.strictObject({ slug: Slug, name: ProjectName.optional() });
export type CreateProject = z.infer<typeof CreateProject>;

/** `PATCH /v1/projects/:project`: what is named changes. The slug never does. */
export const UpdateProject = z.strictObject({ name: ProjectName.optional(), settings: SettingsPatch.optional() });
export type UpdateProject = z.infer<typeof UpdateProject>;

/** `DELETE /v1/projects/:project`: why, in the query, as a body of DELETE means nothing to some clients. */
export const DeleteProject = z.strictObject({ reason: Reason.optional() });
export type DeleteProject = z.infer<typeof DeleteProject>;

/** `POST /v1/projects/:project/restore` */
export const RestoreProject = z.strictObject({ reason: Reason.optional() });
export type RestoreProject = z.infer<typeof RestoreProject>;

export const Project = z.object({
  id: ProjectId,
  slug: Slug,
  name: z.string(),
  /** Where its production channel answers. */
  url: z.url(),
  createdAt: z.iso.datetime(),
  /** When it was deleted. It answers nobody any more, can be restored until `purgeAt`, and is gone with its data after that. */
  deletion: z.object({ requestedAt: z.iso.datetime(), purgeAt: z.iso.datetime() }).nullable(),
});
export type Project = z.infer<typeof Project>;

/** One project, with what its owner has set. */
export const ProjectDetails = Project.extend({
  settings: ProjectSettings,
  /** For how long it could be restored if it were deleted now. */
  deletionGraceSeconds: z.int().min(0),
});
export type ProjectDetails = z.infer<typeof ProjectDetails>;

/** By slug. Deleted ones are listed until they are purged. */
export const ProjectPage = z.object({ projects: z.array(Project), next: z.string().nullable() });
export type ProjectPage = z.infer<typeof ProjectPage>;

export const ListProjects = Paging.extend({
  /** Only slugs that begin so. */
  prefix: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "must be the beginning of a slug")
    .optional(),
});
export type ListProjects = z.infer<typeof ListProjects>;
