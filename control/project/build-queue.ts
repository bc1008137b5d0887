import type { DeploymentId } from "../../schema/ids.ts";
import type { DeploymentPhase } from "../../schema/lifecycle.ts";

type InProgress = { readonly id: DeploymentId; readonly phase: DeploymentPhase | null };

/**
 * One active build per channel. Of those waiting the newest starts once the channel is free; the others are replaced.
 * Ids sort by age.
 */
export function planQueue(inProgress: readonly InProgress[]): {
  readonly start: DeploymentId | null;
  readonly replaced: readonly DeploymentId[];
} {
  const waiting = inProgress
    .filter(({ phase }) => phase === "queued")
    .map(({ id }) => id)
    .sort();
  const newest = waiting.at(-1) ?? null;
  const busy = inProgress.length > waiting.length;
  return { start: busy ? null : newest, replaced: waiting.slice(0, -1) };
}
