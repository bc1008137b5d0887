import type { Evidence } from "../../../control/rollout/evidence.ts";
import { type Rollout, startRollout } from "../../../control/rollout/rollout.ts";
import { DEFAULT_ROLLOUT, type RolloutSettings } from "../../../control/rollout/settings.ts";
import type { Stratum } from "../../../schema/contracts/traffic.ts";
import type { MetricName } from "../../../schema/rollout.ts";

export const START = Date.UTC(2026, 10, 23, 12);
export const WINDOW_MS = DEFAULT_ROLLOUT.windowMs;

export function rollout(settings: Partial<RolloutSettings> = {}, state: Partial<Rollout> = {}): Rollout {
  return { ...startRollout({ ...DEFAULT_ROLLOUT, ...settings }, START), ...state };
}

/** Of a rollout that many visitors see and that nothing goes wrong in. */
export function evidence(over: Partial<Evidence> = {}): Evidence {
  return { metrics: [], canaryVisitors: 500, integrityFailures: [], probe: null, ...over };
}

export function counted(sentAt: number): Evidence["probe"] {
  return { sentAt, canaryCounted: true, controlCounted: true };
}

export function counts(canary: number, control: number, weightBps = 500, metric: MetricName = "server_errors") {
  const strata: Stratum[] = [{ weightBps, canary, control }];
  return { metric, strata };
}

/** What a broken canary of 5 % looks like, far beyond the bound. */
export const BROKEN = counts(17, 2);
