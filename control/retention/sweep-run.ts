/** How far a sweep is. Stored after every step, so that an evicted or killed sweeper goes on from here. */
import type { Actor } from "../../schema/actor.ts";
import type { SweepState } from "../../schema/contracts/retention.ts";
import type { Digest } from "../../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";

export type SweepStage =
  /** `Project` withdraws what it does not keep, of the deployments before `before`. */
  | { readonly name: "withdraw"; readonly before?: DeploymentId }
  /** Mark what the kept manifests name, those after `after`. */
  | { readonly name: "mark_builds"; readonly after: Digest | null }
  | { readonly name: "mark_sources"; readonly after: Digest | null }
  /** Go through what is stored under the project's prefixes, key by key. */
  | { readonly name: "delete"; readonly prefix: number; readonly after: string | null }
  | { readonly name: "end" };

export type SweepRun = {
  readonly project: ProjectId;
  /** Who asked for it, as history shows him. */
  readonly actor: Actor;
  readonly startedAt: string;
  readonly stage: SweepStage;
  readonly deployments: number;
  readonly objects: number;
  readonly bytes: number;
  readonly blocked: string | null;
  /** Errors in a row. */
  readonly errors: number;
};

export function firstRun(project: ProjectId, actor: Actor, startedAt: string): SweepRun {
  const nothing = { deployments: 0, objects: 0, bytes: 0, blocked: null, errors: 0 };
  return { project, actor, startedAt, stage: { name: "withdraw" }, ...nothing };
}

export function lastOf(run: SweepRun, endedAt: string): NonNullable<SweepState["last"]> {
  const { startedAt, deployments, objects, bytes, blocked } = run;
  return { startedAt, endedAt, deployments, objects, bytes, blocked };
}

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 5 * 60_000;

/** How long to wait after so many errors in a row, in milliseconds. */
export function retryMs(errors: number): number {
  return Math.min(RETRY_MS * 2 ** (errors - 1), MAX_RETRY_MS);
}
