/** From a route record to a file: variant -> manifest -> file, or the same file of another build. */
import type { Digest } from "../schema/digest.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import { assertNever } from "../schema/result.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import type { HeaderChanges, RedirectStatus } from "../schema/rules.ts";
import { readPath, writePath } from "../schema/url-path.ts";
import { isPage } from "./cache-control.ts";
import type { FailureReason } from "./failure.ts";
import { resolveFile } from "./file.ts";
import type { ManifestIndex } from "./manifest-index.ts";
import type { BundleStore } from "./ports.ts";
import { chooseSide, type Side, type SidePorts } from "./side.ts";
import { buildOf, fingerprintedFile, type KnownBuild, type Misses, mayBeFingerprinted, otherBuilds } from "./skew.ts";
import type { Trail } from "./trail.ts";

export interface FilePorts extends SidePorts {
  readonly bundles: BundleStore;
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
  /** The file stands in for one that is not there. */
  readonly isFallback: boolean;
  /** Set-Cookie values: a page of a rollout leaves a cookie, the first one after it takes it away. */
  readonly cookies: readonly string[];
  /** Since when this is what answers, in milliseconds since 1970, whole seconds; null when nobody can say. */
  readonly lastModified: number | null;
  readonly changes: HeaderChanges | null;
}

export interface RedirectDecision {
  readonly kind: "redirect";
  readonly status: Exclude<RedirectStatus, 200>;
  readonly location: string;
  readonly changes: HeaderChanges | null;
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
  const side = await chooseSide(record, wanted.headers, ports);
  if (side === null) return fail("variant_pass_refused");
  const { cookies: rolloutCookies } = side;
  const own = buildOf(record, side.variant);
  noteSide(record, side, trail);
  trail.served = own;
  const manifest = await ports.bundles.manifest(project, own.build);
  if (manifest.kind !== "found") return fail(`manifest_${manifest.kind}`);

  const index = manifest.value;
  const changes = index.headersFor(wanted.path, wanted.url.hostname);
  const redirect = index.redirectFor(wanted.path);
  if (redirect && redirect.rule.status !== 200) {
    return {
      kind: "redirect",
      status: redirect.rule.status,
      location: withQuery(redirect.target, wanted.url),
      changes,
    };
  }
  const rewritten = redirect && readPath(redirect.target.split(/[?#]/)[0] ?? "");
  const intent = resolveFile(index, rewritten ?? wanted.path, wanted.isNavigation);
  const mayBeElsewhere =
    intent.kind !== "file" && intent.kind !== "moved" && mayBeFingerprinted(wanted.path, wanted.isNavigation);
  if (mayBeElsewhere && !ports.misses.has(record, wanted.path)) {
    const others = otherBuilds(record, side.variant);
    const elsewhere = await findInBuilds(others, project, "storage", wanted, ports.bundles, trail);
    if (elsewhere) {
      trail.rescuedFrom = own.build;
      return elsewhere;
    }
    ports.misses.add(record, wanted.path);
  }
  trail.isMissing = mayBeElsewhere;
  switch (intent.kind) {
    case "file":
    case "app_shell":
      if (rewritten === null && wanted.url.pathname !== writePath(wanted.path)) return goTo(wanted.path);
      return answerWith(intent.file, 200, intent.kind === "app_shell");
    case "moved": {
      if (rewritten === null) return goTo(intent.path);
      // The address stays, so the page is fetched from where it is.
      const page = resolveFile(index, intent.path, wanted.isNavigation);
      return page.kind === "file" ? answerWith(page.file, 200, false) : fail("file_not_found");
    }
    case "not_found_page":
      return answerWith(intent.file, 404, true);
    case "nothing":
      return fail("file_not_found");
    default:
      return assertNever(intent);
  }

  async function answerWith(file: ManifestFile, status: 200 | 404, isFallback: boolean): Promise<FileDecision> {
    const cookies = status === 200 && wanted.isNavigation && isPage(file) ? await rolloutCookies() : [];
    return { kind: "file", project, file, status, isFallback, cookies, lastModified: lastModifiedOf(record), changes };
  }

  /** To the one spelling of a path. 307: what is at an address may be another page tomorrow. */
  function goTo(path: string): RedirectDecision {
    return { kind: "redirect", status: 307, location: withQuery(writePath(path), wanted.url), changes };
  }
}

/** Where manifests are looked for: in memory, without waiting, or in storage too. */
export type Reach = "memory" | "storage";

/** The same for fingerprinted files alone, from a record of whatever age: any build that has such a file has the right one. */
export async function findFingerprinted(
  record: RouteRecord,
  reach: Reach,
  wanted: Wanted,
  ports: FilePorts,
  trail: Trail,
): Promise<FileDecision | null> {
  const side = await chooseSide(record, wanted.headers, ports);
  if (side === null) return null;
  const { variant } = side;
  const own = buildOf(record, variant);
  const builds = [own, ...otherBuilds(record, variant)];
  const found = await findInBuilds(builds, record.project, reach, wanted, ports.bundles, trail);
  if (found) {
    noteSide(record, side, trail);
    trail.rescuedFrom = trail.served?.build === own.build ? null : own.build;
  }
  return found;
}

export function fail(reason: FailureReason, headers?: Failed["headers"]): Failed {
  return { kind: "failure", reason, ...(headers && { headers }) };
}

/**
 * When anything may have changed last: the record was written. So a rollback makes files newer, as it must. In a rollout one
 * date would stand for two builds.
 */
function lastModifiedOf({ since, canary }: RouteRecord): number | null {
  return since === undefined || canary ? null : Math.floor(since / 1_000) * 1_000;
}

/** The query goes along, unless the target brings its own. */
function withQuery(target: string, { search }: URL): string {
  if (search === "" || target.includes("?")) return target;
  const [address = "", ...fragment] = target.split("#");
  return [`${address}${search}`, ...fragment].join("#");
}

function noteSide(record: RouteRecord, { variant, forced, watched }: Side, trail: Trail): void {
  Object.assign(trail, { variant: record.canary ? variant : null, forced, watched } satisfies Partial<Trail>);
}

async function findInBuilds(
  builds: readonly KnownBuild[],
  project: ProjectId,
  reach: Reach,
  { path, url }: Wanted,
  bundles: BundleStore,
  trail: Trail,
): Promise<FileDecision | null> {
  for (const known of builds) {
    const index = await indexOf(project, known.build, reach, bundles);
    const file = index && fingerprintedFile(index, path);
    if (!file) continue;
    trail.served = known;
    const changes = index.headersFor(path, url.hostname);
    return { kind: "file", project, file, status: 200, isFallback: false, cookies: [], lastModified: null, changes };
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
