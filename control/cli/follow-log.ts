import { setTimeout as pause } from "node:timers/promises";
import type { Deployment, LogLine } from "../../schema/contracts/deployments.ts";
import { isInProgress } from "../../schema/lifecycle.ts";
import type { ApiClient } from "./api-client.ts";

export type FollowOptions = {
  /** Until the deployment has settled. Without it, the log as it is now. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly onLine: (line: LogLine) => void;
};

/** `whole` is false when the end of the log could not be read. The deployment is as it stands all the same. */
export type FollowedLog = { readonly deployment: Deployment; readonly whole: boolean };

const PAUSE_MS = 250;
/** Connections in a row that broke off without a new line, of a log that nobody writes any more. */
const MAX_BARREN_READINGS = 5;

/** Reads a deployment's log, each line once and in order, over as many connections as it takes. */
export async function followLog(
  api: Pick<ApiClient, "readLog" | "readDeployment">,
  given: Deployment,
  options: FollowOptions,
): Promise<FollowedLog> {
  const { follow, signal, onLine } = options;
  let deployment = given;
  let after = 0;
  for (let barren = 0; ; ) {
    // Known before reading: what is written between the last line and this answer is read in one more round.
    const settled = !follow || !isInProgress(deployment.status);
    const start = after;
    const { whole } = await api.readLog(deployment, { after, follow }, (line) => {
      if (line.seq <= after) return;
      after = line.seq;
      onLine(line);
    });
    signal.throwIfAborted();
    if (whole && settled) return { deployment, whole };
    barren = settled && after === start ? barren + 1 : 0;
    if (barren === MAX_BARREN_READINGS) return { deployment, whole };
    if (!settled) deployment = await api.readDeployment(deployment.id);
    if (isInProgress(deployment.status) || !whole) await pause(PAUSE_MS, undefined, { signal });
  }
}
