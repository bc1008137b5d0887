import type * as z from "zod";
import {
  type CreateProject,
  Project,
  ProjectDetails,
  ProjectPage,
  type UpdateProject,
} from "../../../schema/contracts/projects.ts";
import type { Slug } from "../../../schema/hostname.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import { LARGEST_PAGE, type Pages } from "./pages.ts";
import { absentOn, type Requests, withQuery } from "./requests.ts";

export function projectCalls({ get, change, pages }: Requests) {
  return {
    /** By slug. */
    listProjects(): Pages<Project> {
      return pages("projects", { limit: LARGEST_PAGE }, ProjectPage, (page) => page.projects);
    },
    createProject(body: z.input<typeof CreateProject>): Promise<Project> {
      return change("POST", "projects", body, Project);
    },
    /** Null when there is no such project. */
    readProject(project: Slug | ProjectId): Promise<ProjectDetails | null> {
      return absentOn("project_not_found", get(`projects/${project}`, ProjectDetails));
    },
    updateProject(project: Slug | ProjectId, body: z.input<typeof UpdateProject>): Promise<ProjectDetails> {
      return change("PATCH", `projects/${project}`, body, ProjectDetails);
    },
    deleteProject(project: Slug | ProjectId, reason: string | undefined): Promise<ProjectDetails> {
      return change("DELETE", withQuery(`projects/${project}`, { reason }), undefined, ProjectDetails);
    },
    restoreProject(project: Slug | ProjectId, body: { readonly reason?: string }): Promise<ProjectDetails> {
      return change("POST", `projects/${project}/restore`, body, ProjectDetails);
    },
  };
}
