/** Going live without a build: promote any retained deployment, or roll back along the release history. */
import { type Actor, nameOf } from "../../schema/actor.ts";
import type { Promote, Rollback } from "../../schema/contracts/channels.ts";
import type { Digest } from "../../schema/digest.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import type { Database } from "./database.ts";
import { findDeployment } from "./deployment-rows.ts";
import { canPromote, checkRev, type Refusal } from "./promote-gate.ts";
import { findRelease, findRoute, flipTo } from "./registry.ts";
import { describeCanary, describeRunning } from "./rollout-gates.ts";
import { endRunning } from "./rollout-moves.ts";
import { findRunning, type RolloutRow } from "./rollout-rows.ts";

type Flipped = Result<{ readonly changed: boolean; readonly route: RouteRecord }, Refusal>;
type Request<W> = {
  readonly project: ProjectId;
  readonly channel: Channel;
  readonly wish: W;
  readonly actor: Actor;
  readonly now: number;
};

/** @param snapshotNow the variables of the channel's environment as they are now */
export function promote(db: Database, request: Request<Promote>, snapshotNow: () => Result<Digest, Refusal>): Flipped {
  const { project, channel, wish, actor, now } = request;
  const deployment = findDeployment(db, wish.deployment);
  if (!deployment) return err({ code: "deployment_not_found", detail: "This project has no such deployment." });
  const current = findRoute(db, channel);
  const gate = canPromote(deployment, current?.rev ?? 0, { ...wish, channel });
  if (!gate.ok) return gate;
  const env = wish.env === "current" ? snapshotNow() : ok(deployment.env);
  if (!env.ok) return env;
  const running = findRunning(db, channel);
  const isLive = gate.value === "already_live" && current?.closedAt === null;
  if (isLive && current.record.live.env === env.value) {
    // To promote what is live beside a canary means to be rid of the canary.
    const changed = isRamping(running) && wish.abortRollout;
    if (changed) endForFlip(db, request, running, { writesRoute: true });
    return ok({ changed, route: findRoute(db, channel)?.record ?? current.record });
  }
  if (isRamping(running) && running.deployment === deployment.id) return err(describeCanary(running));
  if (isRamping(running) && !wish.abortRollout) return err(describeRunning(running));
  if (running) endForFlip(db, request, running, { writesRoute: false });
  const reason = wish.reason ?? null;
  const flip = { project, deployment, env: env.value, kind: "promote", by: actor, reason, now } as const;
  return ok({ changed: true, route: flipTo(db, flip) });
}

export function rollBack(db: Database, request: Request<Rollback>): Flipped {
  const { project, channel, wish, actor, now } = request;
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
  const running = findRunning(db, channel);
  if (isRamping(running) && !wish.abortRollout) return err(describeRunning(running));
  if (running) endForFlip(db, request, running, { writesRoute: false });
  const reason = wish.reason ?? null;
  const flip = { project, deployment, env: target.env, kind: "rollback", target, by: actor, reason, now } as const;
  return ok({ changed: true, route: flipTo(db, flip) });
}

/** While it bakes, everybody has its deployment already, and there is nothing left to protect from a flip. */
function isRamping(running: RolloutRow | null): running is RolloutRow {
  return running?.state.phase === "ramping";
}

function endForFlip(
  db: Database,
  { project, wish, actor, now }: Request<Promote | Rollback>,
  running: RolloutRow,
  { writesRoute }: { readonly writesRoute: boolean },
): void {
  const by = { actor, reason: wish.reason ?? null };
  const detail = `The rollout was aborted by ${nameOf(actor)}, who made another deployment live.`;
  endRunning({ db, project, now }, running, { outcome: "aborted", by, detail, writesRoute });
}
