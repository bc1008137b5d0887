/** The `TrafficMeter` objects of control. One is only ever addressed by the ids of a route record: naming it starts it. */
import { trafficMeterName } from "../schema/keys.ts";
import type { TrafficMeterObject } from "./env.ts";
import type { TellMeter } from "./traffic.ts";

export function createTellMeter(meters: DurableObjectNamespace<TrafficMeterObject>): TellMeter {
  return async (project, rollout, batch) => {
    const meter = meters.get(meters.idFromName(trafficMeterName(project, rollout)));
    await meter.record(batch);
  };
}
