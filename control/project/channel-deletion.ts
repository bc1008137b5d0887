/** The end of a preview channel. Runs in the caller's transaction. */
import { eq } from "drizzle-orm";
import type { Actor } from "../../schema/actor.ts";
import type { DeleteChannel } from "../../schema/contracts/channels.ts";
import { type Channel, PRODUCTION } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { routeKey } from "../../schema/keys.ts";
import { routes } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Database } from "./database.ts";
import { findDeployment, moveDeployment } from "./deployment-rows.ts";
import { recordEvent } from "./journal.ts";
import { enqueue } from "./outbox.ts";
import type { Refusal } from "./promote-gate.ts";
import { findRoute } from "./registry.ts";
import { cancelAll } from "./turns.ts";

/**
 * Closes the channel's route: nothing is live on it, what was live is superseded, what is in progress ends. The row stays
 * with its `rev`, from which a later deployment or promote goes on. A channel that is closed already stays as it is.
 */
export function deleteChannel(
  db: Database,
  {
    project,
    channel,
    wish,
    actor,
    now,
  }: { project: ProjectId; channel: Channel; wish: DeleteChannel; actor: Actor; now: number },
): Result<{ changed: boolean }, Refusal> {
  if (channel === PRODUCTION) {
    const detail = "Only preview channels can be deleted. To end production, delete the project.";
    return err({ code: "channel_protected", detail });
  }
  const at = new Date(now).toISOString();
  const route = findRoute(db, channel);
  const cancelled = cancelAll(
    db,
    project,
    channel,
    { detail: "The channel was deleted.", actor, why: wish.reason },
    now,
  );
  if (!route && cancelled === 0) {
    return err({ code: "channel_not_found", detail: "Nothing has been deployed to this channel." });
  }
  if (route?.closedAt !== null && cancelled === 0) return ok({ changed: false });
  if (route?.closedAt === null) {
    const live = findDeployment(db, route.record.live.deployment);
    if (live) {
      moveDeployment(db, live, "superseded", { updatedAt: at });
      recordEvent(db, {
        at,
        type: "deployment.superseded",
        actor,
        channel,
        deployment: live.id,
        reason: wish.reason ?? null,
      });
    }
    db.update(routes).set({ closedAt: at }).where(eq(routes.channel, channel)).run();
    enqueue(db, "kv", routeKey(project, channel), null, now);
  }
  const data = { rev: route?.rev ?? 0, cancelled };
  recordEvent(db, { at, type: "channel.deleted", actor, channel, reason: wish.reason ?? null, data });
  return ok({ changed: true });
}
