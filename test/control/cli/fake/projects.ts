import { ProjectSettings } from "../../../../schema/contracts/project-settings.ts";
import {
  DeleteProject,
  type ProjectDetails,
  RestoreProject,
  UpdateProject,
} from "../../../../schema/contracts/projects.ts";
import type { Slug } from "../../../../schema/hostname.ts";
import { type Answer, type Asked, ok, problem } from "./answer.ts";

type Store = { readonly projects: Map<Slug, ProjectDetails> };

const DELETION = { requestedAt: "2026-11-23T12:00:00.000Z", purgeAt: "2026-11-30T12:00:00.000Z" };

/** What may be done with one project itself. */
export function answerProject(
  { projects }: Store,
  project: ProjectDetails,
  asked: Asked,
  action: string | undefined,
): Answer {
  const changed = change(project, asked, action);
  if (!changed) return problem("route_not_found");
  projects.set(project.slug, changed);
  return ok(changed);
}

function change(project: ProjectDetails, { method, query, body }: Asked, action = ""): ProjectDetails | null {
  switch (`${method} ${action}`) {
    case "GET ":
      return project;
    case "PATCH ": {
      const { name, settings } = UpdateProject.parse(body);
      const { build, retention, canary } = { canary: project.settings.canary, ...settings };
      return {
        ...project,
        name: name ?? project.name,
        settings: ProjectSettings.parse({
          build: { ...project.settings.build, ...build },
          retention: { ...project.settings.retention, ...retention },
          canary,
        }),
      };
    }
    case "DELETE ":
      DeleteProject.parse(Object.fromEntries(query));
      return { ...project, deletion: DELETION };
    case "POST restore":
      RestoreProject.parse(body);
      return { ...project, deletion: null };
    default:
      return null;
  }
}
