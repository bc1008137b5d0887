/** What a rollout does next: one move at most, decided by plain data alone. Performing it is for others. */
import type { HoldReason, VerdictReason } from "../../schema/rollout.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import type { Evidence, Probe } from "./evidence.ts";
import { type Rollout, weightBpsOf } from "./rollout.ts";
import { findingsOf, type Verdict, verdictOf } from "./verdict.ts";

export type Move =
  /** Nothing to do. `until`: when time alone will change that. */
  | { readonly kind: "stay"; readonly until: number | null }
  /** Send one marked request per arm through the router. */
  | { readonly kind: "probe" }
  /** Write the weight of this stage. */
  | { readonly kind: "advance"; readonly stage: number; readonly inconclusive: boolean }
  /** Write full weight: the deployment is live, and the test is over. */
  | { readonly kind: "complete"; readonly inconclusive: boolean }
  /** Keep the weight beyond the window. Repeated while the reason lasts; only a new reason is news. */
  | { readonly kind: "hold"; readonly reason: HoldReason }
  /** Write the previous deployment back. */
  | { readonly kind: "roll_back"; readonly verdict: Verdict }
  /** Tell people, once: at full weight there is no control arm, and a shared incident must not roll back. */
  | { readonly kind: "warn"; readonly verdict: Verdict }
  /** The bake watch is over. */
  | { readonly kind: "finish" };

/** Sent this long before the end of a window, so that the decision at its end need not wait for the answer. */
const PROBE_LEAD_MS = 5_000;
/** A probe is counted with the flush of the isolate that met it, within a second or two. */
const PROBE_DEADLINE_MS = 5_000;
/** A silent meter is asked again this often. */
const PROBE_RETRY_MS = 30_000;
/** So long after a window the meter may still answer, before people are told that it does not. */
const UNREACHABLE_GRACE_MS = 5_000;
/** How long a counted probe vouches for the meter: a hold may last for hours. */
const PROBE_VALID_MS = 60_000;

/** @param evidence null when the meter could not be reached */
export function planStep(rollout: Rollout, evidence: Evidence | null, now: number): Move {
  if (rollout.phase === "over") return { kind: "stay", until: null };
  // Safety first, also of a rollout that somebody paused.
  if (evidence && evidence.integrityFailures.length > 0) return rollBack("integrity", rollout, evidence, now);
  return rollout.phase === "baking" ? planBake(rollout, evidence, now) : planRamp(rollout, evidence, now);
}

function planRamp(rollout: Rollout, evidence: Evidence | null, now: number): Move {
  if (evidence && findingsOf({ rollout, evidence }).some(({ regressed }) => regressed)) {
    return rollBack("regression", rollout, evidence, now);
  }
  if (rollout.pausedAt !== null) return { kind: "stay", until: null };
  // A single stage: everybody at once, with nothing to compare.
  if (weightBpsOf(rollout) === FULL_WEIGHT_BPS) return { kind: "complete", inconclusive: false };
  const endsAt = rollout.stageStartedAt + rollout.settings.windowMs;
  if (now < endsAt - PROBE_LEAD_MS) return { kind: "stay", until: endsAt - PROBE_LEAD_MS };
  if (!evidence) return missMeter(rollout, endsAt, now);
  return askMeter(evidence.probe, endsAt, now) ?? decideStage(rollout, evidence, now);
}

function planBake(rollout: Rollout, evidence: Evidence | null, now: number): Move {
  const findings = evidence ? findingsOf({ rollout, evidence }) : [];
  const alarming = findings.some(({ regressed, threshold }) => regressed || threshold?.exceeded);
  if (evidence && alarming && !rollout.warned) {
    return { kind: "warn", verdict: verdictOf("regression", { rollout, evidence }, now) };
  }
  const endsAt = rollout.stageStartedAt + rollout.settings.windowMs;
  return now < endsAt ? { kind: "stay", until: endsAt } : { kind: "finish" };
}

/** One answer that comes late is no news, and neither is one more of a rollout that is held anyway. */
function missMeter(rollout: Rollout, endsAt: number, now: number): Move {
  if (rollout.hold !== null) return { kind: "stay", until: null };
  const deadline = endsAt + UNREACHABLE_GRACE_MS;
  return now < deadline ? { kind: "stay", until: deadline } : { kind: "hold", reason: "meter_unreachable" };
}

/** "No traffic" and "the meter is broken" look alike in counts. @returns null when the meter counts and the window is over */
function askMeter(probe: Probe | null, endsAt: number, now: number): Move | null {
  const sentSince = Math.max(endsAt - PROBE_LEAD_MS, now - PROBE_VALID_MS);
  if (probe === null || probe.sentAt < sentSince) return { kind: "probe" };
  if (probe.canaryCounted && probe.controlCounted) return now < endsAt ? { kind: "stay", until: endsAt } : null;
  const deadline = Math.max(endsAt, probe.sentAt + PROBE_DEADLINE_MS);
  if (now < deadline) return { kind: "stay", until: deadline };
  return now < probe.sentAt + PROBE_RETRY_MS ? { kind: "hold", reason: "meter_silent" } : { kind: "probe" };
}

/** The window is over, the meter counts, and nothing speaks against the canary. */
function decideStage(rollout: Rollout, evidence: Evidence, now: number): Move {
  const { minVisitors, onInconclusive, maxHoldMs } = rollout.settings;
  const inconclusive = evidence.canaryVisitors < minVisitors;
  if (inconclusive && onInconclusive === "abort") return rollBack("inconclusive", rollout, evidence, now);
  if (inconclusive && onInconclusive === "hold") {
    if (now >= (rollout.tooFewSince ?? now) + maxHoldMs) return rollBack("inconclusive", rollout, evidence, now);
    return { kind: "hold", reason: "too_few_visitors" };
  }
  const stage = rollout.stage + 1;
  if (weightBpsOf({ ...rollout, stage }) === FULL_WEIGHT_BPS) return { kind: "complete", inconclusive };
  return { kind: "advance", stage, inconclusive };
}

function rollBack(reason: VerdictReason, rollout: Rollout, evidence: Evidence, now: number): Move {
  return { kind: "roll_back", verdict: verdictOf(reason, { rollout, evidence }, now) };
}
