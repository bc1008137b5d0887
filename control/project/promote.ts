/** Going live without a build: promote any retained deployment, or roll back along the release history. */
import type { Actor } from "../../schema/actor.ts";
import type { Promote, Rollback } from "../../schema/contracts/channels.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import type { Database } from "./database.ts";
import { findDeployment } from "./deployment-rows.ts";
import { canPromote, checkRev, type Refusal } from "./promote-gate.ts";
import { findRelease, findRoute, flipTo } from "./registry.ts";

type Flipped = Result<{ readonly changed: boolean; readonly route: RouteRecord }, Refusal>;
type Request<W> = {
  readonly project: ProjectId;
  readonly channel: Channel;
  readonly wish: W;
  readonly actor: Actor;
  readonly now: number;
};

export function promote(db: Database, { project, channel, wish, actor, now }: Request<Promote>): Flipped {
  const deployment = findDeployment(db, wish.deployment);
  if (!deployment) return err({ code: "deployment_not_found", detail: "This project has no such deployment." });
  const current = findRoute(db, channel);
  const gate = canPromote(deployment, current?.rev ?? 0, { ...wish, channel });
  if (!gate.ok) return gate;
  if (gate.value === "already_live" && current?.closedAt === null) return ok({ changed: false, route: current.record });
  const flip = { project, deployment, kind: "promote", by: actor, reason: wish.reason ?? null, now } as const;
  return ok({ changed: true, route: flipTo(db, flip) });
}

export function rollBack(db: Database, { project, channel, wish, actor, now }: Request<Rollback>): Flipped {
  const current = findRoute(db, channel);
  const moved = checkRev(current?.rev ?? 0, wish);
  if (!moved.ok) return moved;
  if (current?.closedAt !== null) {
    const detail = "Nothing is live on this channel. Promote one of its deployments instead, or deploy.";
    return err({ code: "channel_not_found", detail });
  }
  const back = findRelease(db, current.release)?.back ?? null;
  const target = back === null ? null : findRelease(db, back);
  const deployment = target && findDeployment(db, target.deployment);
  if (!target || !deployment) {
    const detail = "The live release is the channel's first. Promote a deployment instead.";
    return err({ code: "no_earlier_release", detail });
  }
  // It was live before: going back to it needs no force.
  const gate = canPromote(deployment, current.rev, { ...wish, channel, force: true, reason: "rollback" });
  if (!gate.ok) return gate;
  const flip = { project, deployment, kind: "rollback", target, by: actor, reason: wish.reason ?? null, now } as const;
  return ok({ changed: true, route: flipTo(db, flip) });
}
