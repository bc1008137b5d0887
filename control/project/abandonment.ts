import { isInProgress } from "../../schema/lifecycle.ts";
import type { DeploymentRow } from "./deployment-rows.ts";

/** Far longer than any build may take, and than anybody waits. */
export const ABANDONED_MS = 12 * 60 * 60_000;

/**
 * Whether a deployment that should move has stood still for too long. One that waits for its turn is not stuck: the one
 * before it may be, and is given up first.
 */
export function isAbandoned(row: Pick<DeploymentRow, "status" | "phase" | "updatedAt">, now: number): boolean {
  return isInProgress(row.status) && row.phase !== "queued" && now - Date.parse(row.updatedAt) >= ABANDONED_MS;
}
