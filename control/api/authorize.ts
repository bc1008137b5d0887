/** Who may do what: decided here for every route, by the scope in its definition and the project in its path. */
import { createMiddleware } from "hono/factory";
import { grants, type Scope } from "../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { assertNever } from "../../schema/result.ts";
import type { ApiContext, Caller } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

/** What a request needs. `token`: any valid one will do. `all`: one that is not bound to projects. */
export type Need = { readonly scope: Scope | "token"; readonly project?: ProjectId | "all" };

/** `hidden`: a token of some projects does not learn whether others exist. */
export type Decision = "allowed" | "scope_missing" | "bound_to_projects" | "hidden";

export function decide(caller: Pick<Caller, "scopes" | "projects">, { scope, project }: Need): Decision {
  if (scope !== "token" && !grants(caller.scopes, scope)) return "scope_missing";
  if (project === undefined || caller.projects === null) return "allowed";
  if (project === "all") return "bound_to_projects";
  return caller.projects.includes(project) ? "allowed" : "hidden";
}

/** Whether a project exists for this token. */
export function mayOpen(caller: Caller, project: ProjectId): boolean {
  return decide(caller, { scope: "token", project }) === "allowed";
}

/** Refuses what the token may not do, before its input or a project is looked at. */
export function authorize(need: { readonly scope: Scope | "token"; readonly project?: "all" }) {
  return createMiddleware<ApiContext>((c, next) => {
    const decision = decide(c.var.caller, need);
    switch (decision) {
      case "allowed":
        return next();
      case "scope_missing": {
        const has = c.var.caller.scopes.map((scope) => `"${scope}"`).join(", ");
        c.header("www-authenticate", `Bearer error="insufficient_scope", scope="${need.scope}"`);
        const detail = `This needs the scope "${need.scope}"; the token has ${has}. Use another token.`;
        throw new ProblemError("scope_missing", detail);
      }
      case "bound_to_projects":
        throw new ProblemError("scope_missing", "This token is bound to its projects. Use a token of all projects.");
      case "hidden":
        throw new Error("a route can not name a project");
      default:
        return assertNever(decision);
    }
  });
}
