/**
 * A rollout and its verdicts as they are stored and shown: plain data with a version, read back by these schemas. What they
 * mean, and who decides, is control/rollout/.
 */
import * as z from "zod";
import { ON_INCONCLUSIVE } from "./contracts/atelier-config.ts";
import { FULL_WEIGHT_BPS } from "./route-record.ts";

/**
 * - `ramping`: two arms serve; the deployment is `canary`
 * - `baking`: the deployment is `live` for everybody and watched for one more window
 * - `over`: nothing is left to do
 */
export const ROLLOUT_PHASES = ["ramping", "baking", "over"] as const;
export const RolloutPhase = z.enum(ROLLOUT_PHASES);
export type RolloutPhase = z.infer<typeof RolloutPhase>;

/**
 * How a rollout ended.
 * - `completed`: everybody has the deployment
 * - `rolled_back`: by a verdict of the judge
 * - `aborted`: by somebody, or with its project
 * - `replaced`: a newer deployment came
 */
export const ROLLOUT_OUTCOMES = ["completed", "rolled_back", "aborted", "replaced"] as const;
export const RolloutOutcome = z.enum(ROLLOUT_OUTCOMES);
export type RolloutOutcome = z.infer<typeof RolloutOutcome>;

/**
 * Why a stage that has been watched long enough goes on.
 * - `meter_unreachable`: nobody could be asked
 * - `meter_silent`: a probe was sent through the router and not counted, so silence says nothing about visitors
 * - `too_few_visitors`: the owner wants evidence, and there is not enough yet
 */
export const HOLD_REASONS = ["meter_unreachable", "meter_silent", "too_few_visitors"] as const;
export const HoldReason = z.enum(HOLD_REASONS);
export type HoldReason = z.infer<typeof HoldReason>;

/**
 * - `regression`: visitors fare worse in the canary
 * - `integrity`: its bundle is not whole in storage
 * - `inconclusive`: too few visitors, and the owner wants no deployment without evidence
 */
export const VERDICT_REASONS = ["regression", "integrity", "inconclusive"] as const;
export const VerdictReason = z.enum(VERDICT_REASONS);
export type VerdictReason = z.infer<typeof VerdictReason>;

export const METRIC_NAMES = ["server_errors", "browser_errors", "latency"] as const;
export const MetricName = z.enum(METRIC_NAMES);
export type MetricName = z.infer<typeof MetricName>;

const WeightBps = z.int().min(0).max(FULL_WEIGHT_BPS);
/** Milliseconds since the epoch. */
const Time = z.number();

export const RolloutSettings = z.object({
  /** The canary's weights in basis points, rising, the last one full. */
  stagesBps: z.array(WeightBps).min(1),
  /** How long each stage is watched, and the full weight after the last; milliseconds. */
  windowMs: z.number().min(0),
  minVisitors: z.int().min(0),
  onInconclusive: z.enum(ON_INCONCLUSIVE),
  maxHoldMs: z.number().min(0),
  errorRateThreshold: z.number().nullable(),
  latencyP95Threshold: z.number(),
});
export type RolloutSettings = z.infer<typeof RolloutSettings>;

const RolloutState = z.object({
  settings: RolloutSettings,
  phase: RolloutPhase,
  /** Index into the stages of the settings. */
  stage: z.int().min(0),
  stageStartedAt: Time,
  pausedAt: Time.nullable(),
  hold: z.object({ reason: HoldReason, since: Time }).nullable(),
  tooFewSince: Time.nullable(),
  warned: z.boolean(),
});

/** What the row of a rollout holds. */
export const StoredRollout = RolloutState.extend({ version: z.literal(1) });
export type StoredRollout = z.infer<typeof StoredRollout>;

/** Visitors by the arm of their first event, while `weightBps` was the canary's weight. */
export const Stratum = z.object({ weightBps: WeightBps, canary: z.int().min(0), control: z.int().min(0) });
export const MetricCounts = z.object({ metric: MetricName, strata: z.array(Stratum) });
export type MetricCounts = z.infer<typeof MetricCounts>;

/** A file of the canary's bundle that storage does not have, or has with other bytes. */
export const IntegrityFailure = z.object({ path: z.string(), problem: z.enum(["missing", "damaged"]) });
export type IntegrityFailure = z.infer<typeof IntegrityFailure>;

/** One marked request per arm, sent through the router to learn whether the meter counts. */
export const Probe = z.object({ sentAt: Time, canaryCounted: z.boolean(), controlCounted: z.boolean() });

/** The totals of a rollout since its start. */
export const Evidence = z.object({
  metrics: z.array(MetricCounts),
  /** Distinct visitors that the canary answered. */
  canaryVisitors: z.int().min(0),
  integrityFailures: z.array(IntegrityFailure),
  probe: Probe.nullable(),
});
export type Evidence = z.infer<typeof Evidence>;

/** Of an error metric, when the owner set a threshold: whether the canary's own rate credibly exceeds it. */
export const ThresholdFinding = z.object({
  limit: z.number(),
  visitors: z.int(),
  withErrors: z.int(),
  logEvidence: z.number(),
  exceeded: z.boolean(),
});

export const Finding = z.object({
  metric: MetricName,
  strata: z.array(Stratum),
  /** The natural logarithm of the odds against chance. */
  logEvidence: z.number(),
  /** From here on this metric alone rolls back. */
  logBound: z.number(),
  threshold: ThresholdFinding.nullable(),
  regressed: z.boolean(),
});
export type Finding = z.infer<typeof Finding>;

/** Why a rollout was rolled back or warned about, with all it was decided by: it can be explained, and replayed. */
export const Verdict = z.object({
  version: z.literal(1),
  reason: VerdictReason,
  at: Time,
  weightBps: WeightBps,
  /** In plain words. */
  sentence: z.string(),
  findings: z.array(Finding),
  inputs: z.object({ rollout: RolloutState, evidence: Evidence }),
});
export type Verdict = z.infer<typeof Verdict>;

/** What became of a verdict: the canary's end, or at full weight no more than a word. */
export const VERDICT_ACTIONS = ["rolled_back", "warned"] as const;

/** The last probe that was sent: the name of both its requests. */
export const SentProbe = z.object({ id: z.string(), sentAt: Time });
export type SentProbe = z.infer<typeof SentProbe>;
