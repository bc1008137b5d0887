/** What people ask of a deployment: cancel it, retry it, pin it. Each in the caller's transaction. */
import { type Actor, nameOf } from "../../schema/actor.ts";
import type { BuildSettings } from "../../schema/contracts/project-settings.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Database } from "./database.ts";
import { canCancel, canPin, canRetry } from "./deployment-gates.ts";
import { type DeploymentRow, findDeployment, patchDeployment } from "./deployment-rows.ts";
import { hasSnapshot } from "./env-snapshots.ts";
import { recordEvent } from "./journal.ts";
import { addDeployment } from "./progress.ts";
import type { Refusal } from "./promote-gate.ts";
import { endRunning } from "./rollout-moves.ts";
import { findRunning } from "./rollout-rows.ts";
import { hasSource } from "./stored-blobs.ts";
import { breakOffTurn } from "./turns.ts";

type Changed = Result<DeploymentRow, Refusal>;
/** Who asks for what, when. */
export type Command<W> = {
  readonly project: ProjectId;
  readonly deployment: DeploymentId;
  readonly wish: W;
  readonly actor: Actor;
  readonly now: number;
};

export function cancel(
  db: Database,
  { project, deployment, wish, actor, now }: Command<{ reason?: string | undefined }>,
): Result<{ row: DeploymentRow; changed: boolean }, Refusal> {
  const row = findDeployment(db, deployment);
  if (!row) return notFound();
  const gate = canCancel(row);
  if (!gate.ok) return gate;
  if (gate.value === "no_change") return ok({ row, changed: false });
  const who = `Cancelled by ${nameOf(actor)}`;
  const detail = wish.reason === undefined ? `${who}.` : `${who}: ${wish.reason}`;
  const running = row.status === "canary" ? findRunning(db, row.channel) : null;
  if (running) {
    const by = { actor, reason: wish.reason ?? null };
    endRunning({ db, project, now }, running, { outcome: "aborted", by, detail, writesRoute: true });
    return ok({ row: findDeployment(db, deployment) ?? row, changed: true });
  }
  const cancelled = breakOffTurn(db, project, row, { reason: "cancelled", detail, actor, why: wish.reason }, now);
  return ok({ row: cancelled, changed: true });
}

/** The new deployment takes the project's settings as they are now: what failed may have been put right there. */
export function retry(
  db: Database,
  { project, deployment, wish, actor, now }: Command<{ id: DeploymentId; fresh: boolean; settings: BuildSettings }>,
): Changed {
  const row = findDeployment(db, deployment);
  if (!row) return notFound();
  const gate = canRetry(row, hasSource(db, row.source) && hasSnapshot(db, row.env));
  if (!gate.ok) return gate;
  const { source, env, channel, message, commit } = row;
  return ok(
    addDeployment(
      db,
      project,
      {
        ...wish,
        source,
        env,
        channel,
        ...(message !== null && { message }),
        ...(commit !== null && { commit }),
        retryOf: row.id,
        createdBy: actor,
      },
      now,
    ),
  );
}

/** Leaves `updatedAt` alone: that tells of the deployment's progress, and whether it stands still. */
export function pin(db: Database, { deployment, wish, actor, now }: Command<{ pinned: boolean }>): Changed {
  const row = findDeployment(db, deployment);
  if (!row) return notFound();
  const { pinned } = wish;
  const gate = canPin(row, pinned);
  if (!gate.ok) return gate;
  if (gate.value === "no_change") return ok(row);
  const type = pinned ? "deployment.pinned" : "deployment.unpinned";
  recordEvent(db, { at: new Date(now).toISOString(), type, actor, channel: row.channel, deployment });
  return ok(patchDeployment(db, deployment, { pinned }));
}

function notFound(): Result<never, Refusal> {
  return err({ code: "deployment_not_found", detail: "This project has no such deployment." });
}
