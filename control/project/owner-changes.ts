/** What a project's owner changes of the project itself. Every function runs in the caller's transaction. */
import type { Actor } from "../../schema/actor.ts";
import type { ProjectSettings } from "../../schema/contracts/project-settings.ts";
import type { Project, UpdateProject } from "../../schema/contracts/projects.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Database } from "./database.ts";
import { putCopies, withdrawCopies } from "./edge-copies.ts";
import { deletionOf, type Identity, patchIdentity } from "./identity.ts";
import { recordEvent } from "./journal.ts";
import { dequeue, enqueue, findEntry } from "./outbox.ts";
import { describeChanges, mergeSettings, withDefaults } from "./project-settings.ts";
import type { Refusal } from "./promote-gate.ts";
import { endRunning, type Mover } from "./rollout-moves.ts";
import { listRunning } from "./rollout-rows.ts";
import { scheduleSweeps } from "./sweep-schedule.ts";
import { cancelAll } from "./turns.ts";

/** What the object knows of its project beyond what never changes. */
export type ProjectState = {
  readonly name: string;
  readonly settings: ProjectSettings;
  readonly deletion: Project["deletion"];
};

/** Who changes what of which project. */
type Change<W> = { readonly self: Identity; readonly wish: W; readonly actor: Actor; readonly now: number };
type Reason = { readonly reason?: string | undefined };

const PURGE = "purge";

export function stateOf(self: Identity): ProjectState {
  return { name: self.name, settings: withDefaults(self.settings), deletion: deletionOf(self) };
}

export function updateProject(db: Database, { self, wish, actor, now }: Change<UpdateProject>): ProjectState {
  const before = stateOf(self);
  const after = {
    name: wish.name ?? before.name,
    settings: mergeSettings(before.settings, wish.settings ?? {}),
  };
  const data = describeChanges(before, after);
  if (Object.keys(data).length === 0) return before;
  const changed = patchIdentity(db, after);
  recordEvent(db, { at: isoTime(now), type: "project.updated", actor, data });
  tellDirectory(db, changed, now);
  return stateOf(changed);
}

/**
 * From here on the project answers nobody: the edge asks the object, its copies go, what is in progress ends. All of it is
 * there until `purgeAt`. Deleted again, it stays as it is: the grace period does not start anew.
 */
export function deleteProject(
  db: Database,
  { self, wish, actor, now, graceMs, appsDomain }: Change<Reason> & { graceMs: number; appsDomain: string },
): ProjectState {
  if (self.deletedAt !== null) return stateOf(self);
  const at = isoTime(now);
  const purgeAt = isoTime(now + graceMs);
  const deleted = patchIdentity(db, { deletedAt: at, purgeAt });
  recordEvent(db, { at, type: "project.deleted", actor, reason: wish.reason ?? null, data: { purgeAt } });
  cancelAll(db, self.id, null, { detail: "The project was deleted.", actor, why: wish.reason }, now);
  endRollouts(db, self, { actor, reason: wish.reason ?? null }, now);
  withdrawCopies(db, deleted, appsDomain, now);
  tellDirectory(db, deleted, now);
  scheduleSweeps(db, deleted, now);
  enqueue(db, "purge", PURGE, null, now + graceMs);
  return stateOf(deleted);
}

/** All is as it was, except for what was in progress. */
export function restoreProject(
  db: Database,
  { self, wish, actor, now, appsDomain }: Change<Reason> & { appsDomain: string },
): Result<ProjectState, Refusal> {
  if (self.deletedAt === null) return ok(stateOf(self));
  // The clock alone does not say it: it may be another machine's by now, and earlier.
  const begun = (findEntry(db, PURGE)?.deliveries ?? 0) > 0 || now >= Date.parse(self.purgeAt ?? self.deletedAt);
  if (begun) {
    const detail = `The grace period ended at ${self.purgeAt}, and the project's data is being removed. Create a project anew.`;
    return err({ code: "project_deleted", detail });
  }
  const restored = patchIdentity(db, { deletedAt: null, purgeAt: null });
  recordEvent(db, { at: isoTime(now), type: "project.restored", actor, reason: wish.reason ?? null });
  putCopies(db, restored, appsDomain, now);
  tellDirectory(db, restored, now);
  scheduleSweeps(db, restored, now);
  dequeue(db, PURGE);
  return ok(stateOf(restored));
}

/** A project that comes back has what was live, without a canary that nobody watched meanwhile. */
function endRollouts(db: Database, { id: project }: Identity, { actor, reason }: Mover, now: number): void {
  const ending = { outcome: "aborted", by: { actor, reason }, detail: "The project was deleted." } as const;
  for (const running of listRunning(db)) endRunning({ db, project, now }, running, { ...ending, writesRoute: true });
}

/** The list of projects is read from the directory. */
function tellDirectory(db: Database, { name, deletedAt, purgeAt }: Identity, now: number): void {
  enqueue(db, "project", "project", { name, deletedAt, purgeAt }, now);
}

function isoTime(now: number): string {
  return new Date(now).toISOString();
}
