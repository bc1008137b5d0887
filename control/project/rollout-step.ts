/** One look at a rollout, in the caller's transaction: what is known of it makes one move at most. */
import type { TrafficTotals } from "../../schema/contracts/traffic.ts";
import type { RolloutId } from "../../schema/ids.ts";
import type { SentProbe } from "../../schema/rollout.ts";
import { evidenceOf } from "../rollout/evidence.ts";
import { planStep } from "../rollout/plan.ts";
import { performMove, type Scene } from "./rollout-moves.ts";
import { findRollout, listDue, patchRollout } from "./rollout-rows.ts";

/** The judge may be asked as often as one likes: a bad canary has about this long after the evidence is there. */
export const LOOK_MS = 1_000;
/** A look that was lost, with the object that had begun it, is begun again. */
export const LOST_MS = 5_000;

/** Those whose time has come. They are looked at by the caller now, and else again a little later. */
export function claimDue({ db, now }: Scene): RolloutId[] {
  return listDue(db, now).map(({ id }) => {
    patchRollout(db, id, { tickAt: now + LOST_MS });
    return id;
  });
}

/**
 * @param totals what the meter has counted; null when it could not be reached
 * @param probeId the name of a probe, should one be due
 * @returns the probe that is to be sent now
 */
export function stepRollout(
  scene: Scene,
  { id, totals, probeId }: { readonly id: RolloutId; readonly totals: TrafficTotals | null; readonly probeId: string },
): SentProbe | null {
  const { db, now } = scene;
  const row = findRollout(db, id);
  if (!row || row.tickAt === null) return null;
  const move = planStep(row.state, totals && evidenceOf(totals, row.probe), now);
  const moved = performMove(scene, row, move);
  if (moved.endedAt !== null) return null;
  const next = move.kind === "stay" && move.until !== null ? Math.min(move.until, now + LOOK_MS) : now + LOOK_MS;
  const probe = move.kind === "probe" ? { id: probeId, sentAt: now } : null;
  patchRollout(db, id, { tickAt: next, ...(probe && { probe }) });
  return probe;
}
