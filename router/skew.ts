/**
 * An open tab outlives a deploy: it still asks for the fingerprinted files of the build that it was loaded from. Such a
 * file's path names its bytes, so whichever known build has it has the right one. HTML is never brought back.
 */
import type { Digest } from "../schema/digest.ts";
import { FINGERPRINTED_ENDING } from "../schema/fingerprinted-name.ts";
import type { DeploymentId } from "../schema/ids.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import type { Variant } from "../schema/variant-pass.ts";
import { type BoundedMap, createBoundedMap } from "./bounded-map.ts";
import type { ManifestIndex } from "./manifest-index.ts";

export interface KnownBuild {
  readonly build: Digest;
  /** null for a retained build: the record does not say which deployment brought it. */
  readonly deployment: DeploymentId | null;
}

/** The visitor's own build. */
export function buildOf(record: RouteRecord, variant: Variant): KnownBuild {
  const { build, deployment } = variant === "canary" && record.canary ? record.canary : record.live;
  return { build, deployment };
}

/** Where a fingerprinted file may be if not in the visitor's own build: the other side, then retained, newest first. */
export function otherBuilds(record: RouteRecord, variant: Variant): readonly KnownBuild[] {
  const retained = record.retained.map((build) => ({ build, deployment: null }));
  return record.canary ? [buildOf(record, variant === "live" ? "canary" : "live"), ...retained] : retained;
}

/**
 * What the name of every file has that the builder may mark (builder/fingerprint.ts): a part like a hash, set off, and the
 * extension of a kind that bundlers emit. Wider than the builder's rule is safe, narrower would break open tabs. The hash
 * has a bound so that a long name takes no longer than its length.
 */
const FINGERPRINTED_NAME = new RegExp(`(?:^|[-._/])(?:[A-Za-z0-9_-]{8}|[0-9a-f]{8,64})${FINGERPRINTED_ENDING}$`);

/** Keeps every other missing file (`wp-login.php`, `.env`, a plain `logo.png`) from a look into up to 12 more manifests. */
export function mayBeFingerprinted(path: string, isNavigation: boolean): boolean {
  return !isNavigation && FINGERPRINTED_NAME.test(path);
}

/** Paths that no build of a record has, so that whoever asks for one again and again costs no further look. */
export interface Misses {
  has(record: RouteRecord, path: string): boolean;
  add(record: RouteRecord, path: string): void;
}

/** In characters of keys: about 1 MB of the isolate's 128. */
const MISSES_BUDGET = 500_000;

export function createMisses(): Misses {
  const misses: BoundedMap<true> = createBoundedMap(MISSES_BUDGET);
  return {
    has: (record, path) => misses.get(keyOf(record, path)) ?? false,
    add(record, path) {
      const key = keyOf(record, path);
      misses.set(key, true, key.length);
    },
  };
}

/** Which builds are looked into is the same for both variants; a flip changes them, and the rev with them. */
function keyOf({ project, channel, rev }: RouteRecord, path: string): string {
  return `${project}/${channel}/${rev}/${path}`;
}

/** The file of exactly that path, if every build that has it must have the same one. */
export function fingerprintedFile(index: ManifestIndex, path: string): ManifestFile | null {
  const file = index.get(path);
  return file?.fingerprinted && !file.type.startsWith("text/html") ? file : null;
}
