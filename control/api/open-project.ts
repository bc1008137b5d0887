import { createMiddleware } from "hono/factory";
import type { ProjectRow } from "../directory/directory.ts";
import { describeDeletion } from "../project/identity.ts";
import type { Refusal } from "../project/promote-gate.ts";
import { mayOpen } from "./authorize.ts";
import type { ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

/** Finds the project that `/projects/{project}/...` names, by slug or id, before any of its objects is touched. */
export const openProject = createMiddleware<ApiContext>(async (c, next) => {
  const { directory, projects, now } = c.var.deps;
  const name = c.req.param("project") ?? "";
  const row = await directory.findProject(name);
  if (!row || !mayOpen(c.var.caller, row.id) || isBeingPurged(row, now())) {
    throw new ProblemError(
      "project_not_found",
      `There is no project "${name.slice(0, 100)}". GET /v1/projects lists all.`,
    );
  }
  c.set("project", row);
  c.set("object", projects(row.id));
  return next();
});

/**
 * Nothing of a deleted project changes. Its object is what knows: the directory hears of a deletion and of a restoration a
 * little later, and of a deletion that it has not heard of the object's own transaction knows.
 */
export function refuseWhileDeleted({ takesKeys }: { readonly takesKeys: boolean }) {
  return createMiddleware<ApiContext>(async (c, next) => {
    // Under a key only the object can tell: the request may be a repetition, which has its first answer.
    if (takesKeys && c.req.header("idempotency-key") !== undefined) return next();
    const refusal = await findDeletion(c.var);
    if (refusal === null) return next();
    throw new ProblemError(refusal.code, refusal.detail);
  });
}

/** Why nothing of the project may change; null while it is not deleted. */
export async function findDeletion({ project, object }: ApiContext["Variables"]): Promise<Refusal | null> {
  const deletion = project.deletedAt === null ? null : (await object.readState()).deletion;
  return deletion && describeDeletion(project.slug, deletion);
}

/** After the grace period there is nothing to come back to, although some of it may still be there. */
function isBeingPurged({ purgeAt }: ProjectRow, now: number): boolean {
  return purgeAt !== null && Date.parse(purgeAt) <= now;
}
