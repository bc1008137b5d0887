/**
 * What is known about a request so far. It is filled in on the way and read at the end, for the response's identifying
 * headers and the log line: so that a request that ends in an error still says whose it was.
 */
import type { Channel } from "../schema/hostname.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { Variant } from "../schema/variant-pass.ts";
import type { RouteOrigin } from "./ports.ts";
import type { KnownBuild } from "./skew.ts";

export interface Trail {
  project: ProjectId | null;
  channel: Channel | null;
  /** Where the route record came from. */
  origin: RouteOrigin | null;
  /** The visitor's side of the rollout; null when none runs. */
  variant: Variant | null;
  /** The build that answers. */
  served: KnownBuild | null;
}

export function startTrail(): Trail {
  return { project: null, channel: null, origin: null, variant: null, served: null };
}
