/**
 * Looks at the rollouts of a project when their time has come. The meter is asked outside of any transaction and nobody waits
 * for it: neither the alarm, nor the outbox, nor a request.
 */
import type { TrafficTotals } from "../../schema/contracts/traffic.ts";
import type { RolloutId } from "../../schema/ids.ts";
import type { SentProbe } from "../../schema/rollout.ts";
import { within } from "../within.ts";

export type WatchPorts = {
  /** What the meter of a rollout has counted. */
  readonly readTraffic: (rollout: RolloutId) => Promise<TrafficTotals>;
  /** Sends one marked request per arm. */
  readonly sendProbe: (rollout: RolloutId, probe: SentProbe) => Promise<unknown>;
  readonly newId: () => string;
  /** Claims those that are due, in one transaction. */
  readonly claimDue: () => RolloutId[];
  /** Makes one move at most, in one transaction. @returns the probe that is to be sent */
  readonly step: (rollout: RolloutId, totals: TrafficTotals | null, probeId: string) => SentProbe | null;
  /** Sets the alarm anew. */
  readonly schedule: () => Promise<void>;
};

/** Longer is as good as silent: the next look asks again. */
const METER_TIMEOUT_MS = 1_500;
const PROBE_TIMEOUT_MS = 5_000;

/** @returns a function that looks at what is due, and does not wait for the end of that */
export function createRolloutWatch(ports: WatchPorts): () => void {
  const looking = new Set<RolloutId>();
  return () => {
    for (const rollout of ports.claimDue()) {
      if (looking.has(rollout)) continue;
      looking.add(rollout);
      void look(ports, rollout).finally(() => looking.delete(rollout));
    }
  };
}

async function look(ports: WatchPorts, rollout: RolloutId): Promise<void> {
  const totals = await tryTo("rollout.meter_unreachable", rollout, METER_TIMEOUT_MS, () => ports.readTraffic(rollout));
  try {
    const probe = ports.step(rollout, totals, ports.newId());
    await ports.schedule();
    if (probe) void tryTo("rollout.probe_failed", rollout, PROBE_TIMEOUT_MS, () => ports.sendProbe(rollout, probe));
  } catch (error) {
    note("rollout.look_failed", rollout, error);
  }
}

/** Null when it fails, or takes longer. */
async function tryTo<T>(event: string, rollout: RolloutId, ms: number, work: () => Promise<T>): Promise<T | null> {
  try {
    return await within(ms, work());
  } catch (error) {
    note(event, rollout, error);
    return null;
  }
}

function note(event: string, rollout: RolloutId, error: unknown): void {
  console.error(JSON.stringify({ event, rollout, error: String(error) }));
}
