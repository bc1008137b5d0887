/** What a token may hand on: no more than it has, to nobody for longer than itself. */
import { type CreateApiToken, grants } from "../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../schema/ids.ts";
import type { TokenRow } from "../directory/tokens.ts";
import type { Refusal } from "../project/promote-gate.ts";
import type { Caller } from "./context.ts";

/** Null when `caller` may make such a token, as far as it can be said without the directory. */
export function refuseGrant(caller: Caller, wish: CreateApiToken, now: number): Refusal | null {
  const beyond = wish.scopes.find((scope) => !grants(caller.scopes, scope));
  if (beyond) return refuse(`This token has not the scope "${beyond}" itself. Leave it out.`);
  if (caller.projects !== null && wish.projects === undefined) {
    return refuse("This token is bound to its projects. Name in `projects` those that the new one is for.");
  }
  const until = wish.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(wish.expiresAt);
  if (caller.expiresAt !== null && until > Date.parse(caller.expiresAt)) {
    return refuse(`This token expires at ${caller.expiresAt}. Name an \`expiresAt\` that is no later.`);
  }
  if (until <= now) return { code: "body_invalid", detail: "`expiresAt` is over already. Name a time to come." };
  return null;
}

/** Those of the wished projects that do not exist for `caller`, by their place in the list. */
export function strangeProjects(
  caller: Caller,
  wished: readonly ProjectId[],
  existing: readonly ProjectId[],
): number[] {
  return wished.flatMap((project, index) => {
    const isOwn = caller.projects === null || caller.projects.includes(project);
    return isOwn && existing.includes(project) ? [] : [index];
  });
}

/** A token bound to projects knows of those that are bound to no others. */
export function maySee({ projects }: Caller, row: Pick<TokenRow, "projects">): boolean {
  return projects === null || (row.projects?.every((project) => projects.includes(project)) ?? false);
}

function refuse(detail: string): Refusal {
  return { code: "scope_missing", detail };
}
