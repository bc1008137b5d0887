/** Valid values to change one thing of. */
import { createHash } from "node:crypto";
import { Digest } from "../../schema/digest.ts";
import { PRODUCTION } from "../../schema/hostname.ts";
import { DeploymentId, RolloutId } from "../../schema/ids.ts";
import type { Arm, RouteRecord } from "../../schema/route-record.ts";
import { PROJECT } from "./plain-samples.ts";

export { PROJECT };

export const ROLLOUT = RolloutId.parse("rol_01a208a6-4374-7a58-b56b-0000000000f1");

/** The sha256 of a text: `digest("a")` stands for the same build everywhere in a test. */
export function digest(text: string): Digest {
  return Digest.parse(createHash("sha256").update(text).digest("hex"));
}

/** Later numbers sort after earlier ones. */
export function deploymentId(number: number): DeploymentId {
  return DeploymentId.parse(`dpl_01a208a6-4374-7a58-b56b-${number.toString(16).padStart(12, "0")}`);
}

export function rolloutId(number: number): RolloutId {
  return RolloutId.parse(`rol_01a208a6-4374-7a58-b56b-${number.toString(16).padStart(12, "0")}`);
}

export function arm(number: number): Arm {
  return { deployment: deploymentId(number), build: digest(`build ${number}`), env: digest("{}") };
}

export function routeRecord(change: Partial<RouteRecord> = {}): RouteRecord {
  return { version: 1, project: PROJECT, channel: PRODUCTION, rev: 1, live: arm(1), retained: [], ...change };
}
