/**
 * What a request that is over says about its rollout, decided by plain data. Forced visits say nothing, and neither does what
 * a visitor may ask for as he likes: a made-up name, a path that is refused.
 */
import type { Digest } from "../schema/digest.ts";
import type { Watched } from "./side.ts";
import type { Trail, Unread } from "./trail.ts";

/** A file of the canary's bundle; null: its manifest. */
export type Broken = { readonly build: Digest; readonly file: Unread | null };

export interface Sighting {
  readonly watched: Watched;
  /** Answered with 5xx, and storage could be read. */
  readonly isServerError: boolean;
  /** Asked for a file that no build has. Whether the build sent him there is for the build to say. */
  readonly isMissing: boolean;
  /** The canary's bundle may not be whole. */
  readonly broken: Broken | null;
}

export function sightingOf(
  { watched, served, unread, isMissing }: Trail,
  { status, failure }: { readonly status: number; readonly failure: string | null },
): Sighting | null {
  if (watched === null) return null;
  const ofCanary = served?.build === watched.canaryBuild;
  const isManifest = failure === "manifest_missing" || failure === "manifest_damaged";
  const broken = ofCanary && (isManifest || unread !== null) ? { build: watched.canaryBuild, file: unread } : null;
  return {
    watched,
    isServerError: status >= 500 && failure !== "storage_unavailable",
    isMissing: isMissing && status === 404,
    broken,
  };
}
