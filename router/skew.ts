/**
 * An open tab outlives a deploy: it still asks for the fingerprinted files of the build that it was loaded from. Such a
 * file's path names its bytes, so whichever known build has it has the right one. HTML is never brought back.
 */
import type { Digest } from "../schema/digest.ts";
import type { DeploymentId } from "../schema/ids.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import type { ManifestIndex } from "./manifest-index.ts";
import { hasExtension } from "./navigation.ts";
import type { Variant } from "./variant.ts";

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

/** Keeps pages, and most guesses of scanners, from costing a look into every retained manifest. */
export function mayBeFingerprinted(path: string, isNavigation: boolean): boolean {
  return !isNavigation && hasExtension(path) && !path.endsWith(".html");
}

/** The file of exactly that path, if every build that has it must have the same one. */
export function fingerprintedFile(index: ManifestIndex, path: string): ManifestFile | null {
  const file = index.get(path);
  return file?.fingerprinted && !file.type.startsWith("text/html") ? file : null;
}
