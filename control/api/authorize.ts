/** Who may do what: decided here for every route, by the scope in its definition and the project in its path. */
import { createMiddleware } from "hono/factory";
import { grants, type Scope } from "../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../schema/ids.ts";
import type { Actor, ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

/** A token of some projects does not learn whether others exist. */
export function mayOpen(actor: Actor, project: ProjectId): boolean {
  return actor.projects === null || actor.projects.includes(project);
}

export function requireScope(needed: Scope | "token") {
  return createMiddleware<ApiContext>((c, next) => {
    const { scopes } = c.var.actor;
    if (needed === "token" || grants(scopes, needed)) return next();
    throw new ProblemError(
      "scope_missing",
      `This needs the scope "${needed}"; the token has ${scopes.map((scope) => `"${scope}"`).join(", ")}. Use another token.`,
    );
  });
}
