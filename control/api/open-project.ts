import { createMiddleware } from "hono/factory";
import { mayOpen } from "./authorize.ts";
import type { ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

/** Finds the project that `/projects/{project}/...` names, by slug or id, before any of its objects is touched. */
export const openProject = createMiddleware<ApiContext>(async (c, next) => {
  const { directory, projects } = c.var.deps;
  const name = c.req.param("project") ?? "";
  const row = await directory.findProject(name);
  if (!row || !mayOpen(c.var.actor, row.id)) {
    throw new ProblemError(
      "project_not_found",
      `There is no project "${name.slice(0, 100)}". GET /v1/projects lists all.`,
    );
  }
  c.set("project", row);
  c.set("object", projects(row.id));
  return next();
});
