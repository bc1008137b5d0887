/** What a token may hand on: no more than it has, to nobody for longer than itself. */
import { type CreateApiToken, grants } from "../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../schema/ids.ts";
import type { TokenRow } from "../directory/tokens.ts";
import type { Refusal } from "../project/promote-gate.ts";
import type { Actor } from "./context.ts";

/** Null when `actor` may make such a token, as far as it can be said without the directory. */
export function refuseGrant(actor: Actor, wish: CreateApiToken, now: number): Refusal | null {
  const beyond = wish.scopes.find((scope) => !grants(actor.scopes, scope));
  if (beyond) return refuse(`This token has not the scope "${beyond}" itself. Leave it out.`);
  if (actor.projects !== null && wish.projects === undefined) {
    return refuse("This token is bound to its projects. Name in `projects` those that the new one is for.");
  }
  const until = wish.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(wish.expiresAt);
  if (actor.expiresAt !== null && until > Date.parse(actor.expiresAt)) {
    return refuse(`This token expires at ${actor.expiresAt}. Name an \`expiresAt\` that is no later.`);
  }
  if (until <= now) return { code: "body_invalid", detail: "`expiresAt` is over already. Name a time to come." };
  return null;
}

/** Those of the wished projects that do not exist for `actor`, by their place in the list. */
export function strangeProjects(actor: Actor, wished: readonly ProjectId[], existing: readonly ProjectId[]): number[] {
  return wished.flatMap((project, index) => {
    const isOwn = actor.projects === null || actor.projects.includes(project);
    return isOwn && existing.includes(project) ? [] : [index];
  });
}

/** A token bound to projects knows of those that are bound to no others. */
export function maySee({ projects }: Actor, row: Pick<TokenRow, "projects">): boolean {
  return projects === null || (row.projects?.every((project) => projects.includes(project)) ?? false);
}

function refuse(detail: string): Refusal {
  return { code: "scope_missing", detail };
}
