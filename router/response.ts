/** From a file that was decided on to a response. Bytes are opened last, and only for a GET that needs them. */
import type { BlobRef, EncodedBlob, ManifestFile } from "../schema/manifest.ts";
import { assertNever } from "../schema/result.ts";
import { fileCacheControl, NO_STORE, redirectCacheControl } from "./cache-control.ts";
import { evaluateConditions, ifRangeHolds, type Validators } from "./conditional.ts";
import { type Failed, type FileDecision, fail, type RedirectDecision } from "./find-file.ts";
import { applyHeaderRules } from "./header-rules.ts";
import { commonHeaders } from "./headers.ts";
import { healFile } from "./heal.ts";
import { formatHttpDate } from "./http-date.ts";
import { chooseEncoding } from "./negotiate.ts";
import type { BundleStore } from "./ports.ts";
import { type RangeReading, readRange } from "./range.ts";
import type { Trail } from "./trail.ts";
import type { Visit } from "./visit.ts";

/** What of a file is sent, and how it is called. */
interface Selection {
  /** `null`: the bytes as they are. */
  readonly encoded: EncodedBlob | null;
  readonly blob: BlobRef;
  readonly validators: Validators;
  readonly range: RangeReading;
}

/** @returns the response, or why there is none: stored bytes that are gone or damaged */
export async function toFileResponse(
  decision: FileDecision,
  visit: Visit,
  bundles: BundleStore,
  trail: Trail,
  now: number,
): Promise<Response | Failed> {
  const { file, status } = decision;
  const selection = select(decision, visit, now);
  if (selection === null) return fail("encoding_not_acceptable", { vary: "accept-encoding" });
  const { encoded, blob, validators, range } = selection;
  const headers = commonHeaders(trail);
  headers.set("cache-control", status === 404 ? NO_STORE : fileCacheControl(file, audience(visit, trail)));
  for (const cookie of decision.cookies) headers.append("set-cookie", cookie);
  if (file.encodings) headers.set("vary", "accept-encoding");
  const { isInRollout, hasCredentials } = audience(visit, trail);
  const mayCache = status === 200 && !decision.isFallback && !hasCredentials && !(isInRollout && !file.fingerprinted);
  if (status === 200) {
    headers.set("etag", validators.etag);
    if (validators.lastModified !== null) headers.set("last-modified", formatHttpDate(validators.lastModified));
    const outcome = evaluateConditions(visit.headers, validators, now);
    if (outcome === "failed") return fail("precondition_failed");
    if (outcome === "not_modified") {
      applyHeaderRules(headers, decision.changes, mayCache, trail);
      return new Response(null, { status: 304, headers });
    }
    if (range.kind === "unsatisfiable")
      return fail("range_not_satisfiable", { "content-range": `bytes */${file.size}` });
    headers.set("accept-ranges", "bytes");
    if (file.links !== undefined) headers.set("link", file.links);
  }
  headers.set("content-type", file.type);
  if (encoded) headers.set("content-encoding", encoded.encoding);
  const isPart = range.kind === "part";
  headers.set("content-length", String(isPart ? range.length : blob.size));
  if (isPart) headers.set("content-range", `bytes ${range.offset}-${range.offset + range.length - 1}/${blob.size}`);
  applyHeaderRules(headers, decision.changes, mayCache, trail);
  // Without `manual` the runtime takes encoded bytes for plain ones and encodes them again.
  const init = { status: isPart ? 206 : status, headers, encodeBody: encoded ? "manual" : "automatic" } as const;
  if (visit.method === "HEAD") return new Response(null, init);

  const bytes = await bundles.blob(decision.project, blob, isPart ? range : undefined);
  switch (bytes.kind) {
    case "found":
      return new Response(bytes.value, init);
    case "missing":
    case "damaged": {
      trail.unread = { path: file.path, blob };
      const takesPlain = chooseEncoding(visit.acceptEncoding, NO_ENCODINGS) !== "none";
      const part = isPart ? range : undefined;
      const healed = takesPlain ? await healFile(bundles, decision.project, file, blob.sha256, part) : null;
      if (healed === null) return fail(`blob_${bytes.kind}`);
      trail.isHealed = true;
      headers.delete("content-encoding");
      if (!isPart) headers.set("content-length", String(file.size));
      if (status === 200) headers.set("etag", describe(file, null, null).validators.etag);
      return new Response(healed, { status: init.status, headers });
    }
    default:
      return assertNever(bytes);
  }
}

export function toRedirectResponse(
  { status, location, changes }: RedirectDecision,
  visit: Visit,
  trail: Trail,
): Response {
  const headers = commonHeaders(trail);
  const { isInRollout, hasCredentials } = audience(visit, trail);
  headers.set("cache-control", redirectCacheControl({ isInRollout, hasCredentials }));
  headers.set("location", location);
  applyHeaderRules(headers, changes, !isInRollout && !hasCredentials, trail);
  return new Response(null, { status, headers });
}

/**
 * A range is of the plain bytes: what it means must not depend on how somebody compressed them. So whoever asks for one
 * that can be had gets those; a range that can not be had changes nothing. The app's page for what it does not have goes
 * to everybody as it is.
 */
function select({ file, status, ...decision }: FileDecision, visit: Visit, now: number): Selection | null {
  const lastModified = isSettled(decision.lastModified, now) ? decision.lastModified : null;
  const plain = describe(file, null, lastModified);
  const wished = chooseEncoding(visit.acceptEncoding, file.encodings ?? NO_ENCODINGS);
  const rangeHeader = visit.method === "GET" && status === 200 ? visit.headers.get("range") : null;
  if (rangeHeader !== null && wished !== "none" && ifRangeHolds(visit.headers, plain.validators, now)) {
    const range = readRange(rangeHeader, file.size);
    if (range.kind !== "whole") return { ...plain, range };
  }
  if (wished === "none") return status === 404 ? plain : null;
  return wished === null ? plain : describe(file, wished, lastModified);
}

/** In one second there may be two flips, and a date tells them not apart: whoever asks so early gets none. */
function isSettled(lastModified: number | null, now: number): boolean {
  return lastModified !== null && now - lastModified >= 2_000;
}

const NO_ENCODINGS: readonly EncodedBlob[] = [];

function describe(file: ManifestFile, encoded: EncodedBlob | null, lastModified: number | null): Selection {
  const blob = encoded ?? file;
  return { encoded, blob, validators: { etag: `"${blob.sha256}"`, lastModified }, range: { kind: "whole" } };
}

function audience({ headers }: Visit, { variant }: Trail) {
  return { isInRollout: variant !== null, hasCredentials: headers.has("authorization") };
}

/**
 * What one visitor gets must not reach another by a shared cache. The pages of a rollout are private already and may be
 * revalidated; what a pass has forced, and what takes a cookie away, nobody keeps at all.
 */
export function keepToTheVisitor({ headers }: Response, { variant, forced }: Trail): void {
  if (variant !== null && headers.get("cache-control")?.startsWith("private")) headers.append("vary", "cookie");
  if (forced !== null || (headers.has("set-cookie") && variant === null))
    headers.set("cache-control", "private, no-store");
}
