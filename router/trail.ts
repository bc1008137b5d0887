/**
 * What is known about a request so far. It is filled in on the way and read at the end, for the response's identifying
 * headers and the log line: so that a request that ends in an error still says whose it was.
 */
import type { Digest } from "../schema/digest.ts";
import type { Channel } from "../schema/hostname.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { BlobRef } from "../schema/manifest.ts";
import type { Variant } from "../schema/variant-pass.ts";
import type { RouteOrigin } from "./ports.ts";
import type { Side, Watched } from "./side.ts";
import type { KnownBuild } from "./skew.ts";

export interface Unread {
  /** Of the file, in whichever encoding it was to be sent. */
  readonly path: string;
  readonly blob: BlobRef;
}

export interface Trail {
  project: ProjectId | null;
  channel: Channel | null;
  /** Where the route record came from. */
  origin: RouteOrigin | null;
  /** The visitor's side of the rollout; null when none runs. */
  variant: Variant | null;
  /** Who has chosen that side by a pass; null when the hash has. */
  forced: Side["forced"];
  /** The build that answers. */
  served: KnownBuild | null;
  /** The rollout that this request says something about. */
  watched: Watched | null;
  /** A file of no build that is known, by a name that only a build invents. */
  isMissing: boolean;
  /** What storage should have held, and did not. */
  unread: Unread | null;
  /** The same content in another form was sent instead of what storage did not have. */
  isHealed: boolean;
  /** The visitor's own build, when a fingerprinted file that it lacks came from `served`. */
  rescuedFrom: Digest | null;
}

export function startTrail(): Trail {
  return {
    project: null,
    channel: null,
    origin: null,
    variant: null,
    forced: null,
    served: null,
    watched: null,
    isMissing: false,
    unread: null,
    isHealed: false,
    rescuedFrom: null,
  };
}
