/**
 * What the router tells a rollout's `TrafficMeter`, and what control reads there. Visitors and networks are keyed hashes: no
 * address leaves the router. Everything in a batch is a fact that may be told again without counting again.
 */
import * as z from "zod";
import { FULL_WEIGHT_BPS } from "../route-record.ts";
import { ProbeId } from "../variant-pass.ts";

export const TRAFFIC_METRICS = ["server_errors", "browser_errors", "latency"] as const;
export const TrafficMetric = z.enum(TRAFFIC_METRICS);
export type TrafficMetric = z.infer<typeof TrafficMetric>;

/** The side that a visitor was on: the canary, or what is live beside it. */
export const TRAFFIC_ARMS = ["canary", "control"] as const;
export const TrafficArm = z.enum(TRAFFIC_ARMS);
export type TrafficArm = z.infer<typeof TrafficArm>;

/** An unsigned 32-bit hash: of a visitor or a network within one rollout. It says nothing in another. */
const Hash = z.int().min(0).max(0xffff_ffff);

/** Of one isolate in about a second; what is over is dropped and said. */
export const MAX_BATCH_VISITORS = 5_000;
export const MAX_BATCH_ERRORS = 1_000;
export const MAX_BATCH_PROBES = 50;
/** Of one rollout: one is enough. */
export const MAX_INTEGRITY_FAILURES = 20;

/** A visitor's event, in the arm and at the weight of the record that the request was routed by. */
export const TrafficEvent = z.object({
  metric: TrafficMetric,
  visitor: Hash,
  /** One network counts only so often, however many visitors it pretends to be. */
  network: Hash,
  arm: TrafficArm,
  weightBps: z.int().min(0).max(FULL_WEIGHT_BPS),
});
export type TrafficEvent = z.infer<typeof TrafficEvent>;

/** A file of the canary's bundle, its manifest included, that storage does not have, or has with other bytes. */
export const IntegrityFailure = z.object({ path: z.string(), problem: z.enum(["missing", "damaged"]) }).readonly();
export type IntegrityFailure = z.infer<typeof IntegrityFailure>;

export const CountedProbe = z.object({ probe: ProbeId, arm: TrafficArm }).readonly();
export type CountedProbe = z.infer<typeof CountedProbe>;

export const TrafficBatch = z.object({
  version: z.literal(1),
  /** Visitors that the canary answered. */
  visitors: z.array(Hash).max(MAX_BATCH_VISITORS),
  events: z.array(TrafficEvent).max(MAX_BATCH_ERRORS),
  integrityFailures: z.array(IntegrityFailure).max(MAX_INTEGRITY_FAILURES),
  countedProbes: z.array(CountedProbe).max(MAX_BATCH_PROBES),
});
export type TrafficBatch = z.infer<typeof TrafficBatch>;

/** The RPC method of `TrafficMeter` that the router calls. */
export interface TrafficSink {
  record(batch: TrafficBatch): Promise<void>;
}

/** Visitors by the arm of their first event, while `weightBps` was the canary's weight. */
export type Stratum = { readonly weightBps: number; readonly canary: number; readonly control: number };

export type MetricCounts = { readonly metric: TrafficMetric; readonly strata: readonly Stratum[] };

/** All that was counted since the rollout began. */
export type TrafficTotals = {
  readonly metrics: readonly MetricCounts[];
  /** Distinct visitors that the canary answered; within 1 %. */
  readonly canaryVisitors: number;
  readonly integrityFailures: readonly IntegrityFailure[];
  /** The last ones. */
  readonly countedProbes: readonly CountedProbe[];
};
