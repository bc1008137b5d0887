/** What people ask of a rollout: pause, resume, advance, abort, complete it. Each in the caller's transaction. */
import { type Actor, nameOf } from "../../schema/actor.ts";
import type { ChangeRollout, RolloutChange, RolloutCommand } from "../../schema/contracts/rollouts.ts";
import type { RolloutId } from "../../schema/ids.ts";
import { assertNever, err, ok, type Result } from "../../schema/result.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import type { Move } from "../rollout/plan.ts";
import { pause, type Rollout, resume, weightBpsOf } from "../rollout/rollout.ts";
import { recordEvent } from "./journal.ts";
import type { Refusal } from "./promote-gate.ts";
import { canChange } from "./rollout-gates.ts";
import { endRunning, type Mover, performMove, type Scene } from "./rollout-moves.ts";
import { findRollout, patchRollout, type RolloutRow, toView } from "./rollout-rows.ts";

export type RolloutWish = {
  readonly rollout: RolloutId;
  readonly command: RolloutCommand;
  readonly wish: ChangeRollout;
  readonly actor: Actor;
};

export function changeRollout(
  scene: Scene,
  { rollout, command, wish, actor }: RolloutWish,
): Result<RolloutChange, Refusal> {
  const row = findRollout(scene.db, rollout);
  if (!row) return err({ code: "rollout_not_found", detail: "This project has no such rollout." });
  const gate = canChange(row, command, wish);
  if (!gate.ok) return gate;
  if (gate.value === "no_change") return ok({ changed: false, rollout: toView(row) });
  const changed = perform(scene, row, command, { actor, reason: wish.reason ?? null });
  return ok({ changed: true, rollout: toView(changed) });
}

function perform(scene: Scene, row: RolloutRow, command: RolloutCommand, by: Mover): RolloutRow {
  const { state } = row;
  switch (command) {
    case "pause":
      return hold(scene, row, pause(state, scene.now), "rollout.paused", by);
    case "resume":
      return hold(scene, row, resume(state, scene.now), "rollout.resumed", by);
    case "advance":
      return performMove(scene, row, advanceOf(state), by);
    case "complete":
      return performMove(scene, row, { kind: "complete", inconclusive: false }, by);
    case "abort": {
      const detail = `The rollout was aborted by ${nameOf(by.actor)}${by.reason === null ? "." : `: ${by.reason}`}`;
      return endRunning(scene, row, { outcome: "aborted", by, detail, writesRoute: true });
    }
    default:
      return assertNever(command);
  }
}

/** To the next stage, which may be everybody. */
function advanceOf(state: Rollout): Move {
  const stage = state.stage + 1;
  const isLast = weightBpsOf({ ...state, stage }) === FULL_WEIGHT_BPS;
  return isLast ? { kind: "complete", inconclusive: false } : { kind: "advance", stage, inconclusive: false };
}

function hold(
  { db, now }: Scene,
  { id, channel, deployment }: RolloutRow,
  state: Rollout,
  type: "rollout.paused" | "rollout.resumed",
  { actor, reason }: Mover,
): RolloutRow {
  const data = { rollout: id, stage: state.stage + 1 };
  recordEvent(db, { at: new Date(now).toISOString(), type, actor, channel, deployment, reason, data });
  return patchRollout(db, id, { state });
}
