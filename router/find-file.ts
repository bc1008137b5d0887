/** From a route record to a file: variant -> manifest -> file, or the same file of another build. */
import type { Digest } from "../schema/digest.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import { assertNever } from "../schema/result.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import { writePath } from "../schema/url-path.ts";
import type { Variant } from "../schema/variant-pass.ts";
import type { FailureReason } from "./failure.ts";
import { resolveFile } from "./file.ts";
import type { ManifestIndex } from "./manifest-index.ts";
import type { BundleStore } from "./ports.ts";
import { buildOf, fingerprintedFile, type KnownBuild, type Misses, mayBeFingerprinted, otherBuilds } from "./skew.ts";
import type { Trail } from "./trail.ts";
import { chooseVariant } from "./variant.ts";
import { type Visitors, visitorCookie } from "./visitor.ts";

export interface FilePorts {
  readonly bundles: BundleStore;
  readonly visitors: Visitors;
  readonly misses: Misses;
}

export interface Wanted {
  /** As `readPath` gives it. */
  readonly path: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly isNavigation: boolean;
}

export interface FileDecision {
  readonly kind: "file";
  readonly project: ProjectId;
  readonly file: ManifestFile;
  readonly status: 200 | 404;
  /** A Set-Cookie value, for a page of a rollout whose visitor has none yet. */
  readonly cookie: string | null;
  /** Since when this is what answers, in milliseconds since 1970, whole seconds; null when nobody can say. */
  readonly lastModified: number | null;
}

export interface RedirectDecision {
  readonly kind: "redirect";
  readonly status: 307;
  readonly location: string;
}

export interface Failed {
  readonly kind: "failure";
  readonly reason: FailureReason;
  /** What the status needs beside the page (RFC 9110): by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type Decision = FileDecision | RedirectDecision | Failed;

export async function findFile(record: RouteRecord, wanted: Wanted, ports: FilePorts, trail: Trail): Promise<Decision> {
  const { project } = record;
  const side = await chooseSide(record, wanted.headers, ports.visitors);
  const own = buildOf(record, side.variant);
  trail.variant = record.canary ? side.variant : null;
  trail.served = own;
  const manifest = await ports.bundles.manifest(project, own.build);
  if (manifest.kind !== "found") return fail(`manifest_${manifest.kind}`);

  const intent = resolveFile(manifest.value, wanted.path, wanted.isNavigation);
  const mayBeElsewhere =
    intent.kind !== "file" && intent.kind !== "moved" && mayBeFingerprinted(wanted.path, wanted.isNavigation);
  if (mayBeElsewhere && !ports.misses.has(record, wanted.path)) {
    const others = otherBuilds(record, side.variant);
    const elsewhere = await findInBuilds(others, project, "storage", wanted, ports.bundles, trail);
    if (elsewhere) return elsewhere;
    ports.misses.add(record, wanted.path);
  }
  switch (intent.kind) {
    case "file":
    case "app_shell":
      if (wanted.url.pathname !== writePath(wanted.path)) return redirectTo(wanted.path, wanted.url);
      return {
        kind: "file",
        project,
        file: intent.file,
        status: 200,
        cookie: cookieFor(intent.file),
        lastModified: null,
      };
    case "moved":
      return redirectTo(intent.path, wanted.url);
    case "not_found_page":
      return { kind: "file", project, file: intent.file, status: 404, cookie: null, lastModified: null };
    case "nothing":
      return fail("file_not_found");
    default:
      return assertNever(intent);
  }

  function cookieFor(file: ManifestFile): string | null {
    return wanted.isNavigation && file.type.startsWith("text/html") ? side.cookie : null;
  }
}

/** Where manifests are looked for: in memory, without waiting, or in storage too. */
export type Reach = "memory" | "storage";

/** The same for fingerprinted files alone, from a record of whatever age: any build that has such a file has the right one. */
export async function findFingerprinted(
  record: RouteRecord,
  reach: Reach,
  wanted: Wanted,
  { bundles, visitors }: FilePorts,
  trail: Trail,
): Promise<FileDecision | null> {
  const { variant } = await chooseSide(record, wanted.headers, visitors);
  const builds = [buildOf(record, variant), ...otherBuilds(record, variant)];
  const found = await findInBuilds(builds, record.project, reach, wanted, bundles, trail);
  if (found) trail.variant = record.canary ? variant : null;
  return found;
}

export function fail(reason: FailureReason, headers?: Failed["headers"]): Failed {
  return { kind: "failure", reason, ...(headers && { headers }) };
}

/** To the one spelling of a path. 307: what is at an address may be another page tomorrow. */
function redirectTo(path: string, { search }: URL): RedirectDecision {
  return { kind: "redirect", status: 307, location: `${writePath(path)}${search}` };
}

async function findInBuilds(
  builds: readonly KnownBuild[],
  project: ProjectId,
  reach: Reach,
  { path }: Wanted,
  bundles: BundleStore,
  trail: Trail,
): Promise<FileDecision | null> {
  for (const known of builds) {
    const index = await indexOf(project, known.build, reach, bundles);
    const file = index && fingerprintedFile(index, path);
    if (!file) continue;
    trail.served = known;
    return { kind: "file", project, file, status: 200, cookie: null, lastModified: null };
  }
  return null;
}

/** A manifest that is gone or damaged only narrows the search. */
async function indexOf(
  project: ProjectId,
  build: Digest,
  reach: Reach,
  bundles: BundleStore,
): Promise<ManifestIndex | null> {
  if (reach === "memory") return bundles.manifestAtHand(project, build);
  const manifest = await bundles.manifest(project, build);
  return manifest.kind === "found" ? manifest.value : null;
}

/** The visitor is worked out only while a canary is active. */
async function chooseSide(
  { canary }: RouteRecord,
  headers: Headers,
  visitors: Visitors,
): Promise<{ readonly variant: Variant; readonly cookie: string | null }> {
  if (!canary) return { variant: "live", cookie: null };
  const visitor = await visitors.identify(headers);
  return {
    variant: chooseVariant(canary, visitor.id),
    cookie: visitor.hasCookie ? null : visitorCookie(visitor),
  };
}
