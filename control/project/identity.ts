/** Which project an object is, what its owner has set, and whether it is deleted: one row, written when it is created. */
import type { Project } from "../../schema/contracts/projects.ts";
import type { Slug } from "../../schema/hostname.ts";
import { identity } from "../../schema/project/tables.ts";
import type { Database } from "./database.ts";
import type { Refusal } from "./promote-gate.ts";

export type Identity = typeof identity.$inferSelect;

export function findIdentity(db: Database): Identity | null {
  return db.select().from(identity).get() ?? null;
}

export function patchIdentity(db: Database, patch: Partial<Omit<Identity, "id" | "slug">>): Identity {
  return db.update(identity).set(patch).returning().get();
}

export function deletionOf({ deletedAt, purgeAt }: Pick<Identity, "deletedAt" | "purgeAt">): Project["deletion"] {
  return deletedAt && purgeAt ? { requestedAt: deletedAt, purgeAt } : null;
}

/** Why a deleted project takes no change; null when it is not deleted. */
export function refuseDeleted(project: Identity): Refusal | null {
  const deletion = deletionOf(project);
  return deletion && describeDeletion(project.slug, deletion);
}

export function describeDeletion(slug: Slug, { requestedAt, purgeAt }: NonNullable<Project["deletion"]>): Refusal {
  const detail = `This project was deleted at ${requestedAt}. Until ${purgeAt} it can be restored: POST /v1/projects/${slug}/restore.`;
  return { code: "project_deleted", detail };
}
