/** From a file that was decided on to a response. Bytes are opened last, and only for a GET that needs them. */
import type { ManifestFile } from "../schema/manifest.ts";
import { assertNever } from "../schema/result.ts";
import { matchesEtag } from "./conditional.ts";
import { type Decision, type FileDecision, fail } from "./find-file.ts";
import { commonHeaders } from "./headers.ts";
import type { BundleStore } from "./ports.ts";
import type { Trail } from "./trail.ts";
import type { Visit } from "./visit.ts";

/** A year, the longest that RFC 9111 wants anyone to state. */
const IMMUTABLE = "public, max-age=31536000, immutable";
const REVALIDATE = "public, max-age=0, must-revalidate";
/** Two visitors may get different pages from one URL. */
const REVALIDATE_PRIVATELY = "private, max-age=0, must-revalidate";

/** @returns the response, or why there is none: stored bytes that are gone or damaged */
export async function toResponse(
  decision: FileDecision,
  visit: Visit,
  bundles: BundleStore,
  trail: Trail,
): Promise<Response | Extract<Decision, { kind: "failure" }>> {
  const { file, status } = decision;
  const etag = `"${file.sha256}"`;
  const headers = commonHeaders(trail);
  headers.set("cache-control", cacheControl(file, status, trail.variant !== null));
  if (decision.cookie) headers.set("set-cookie", decision.cookie);
  if (status === 200) {
    headers.set("etag", etag);
    if (matchesEtag(visit.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  }
  headers.set("content-type", file.type);
  headers.set("content-length", String(file.size));
  if (visit.method === "HEAD") return new Response(null, { status, headers });

  const blob = await bundles.blob(decision.project, file);
  switch (blob.kind) {
    case "found":
      return new Response(blob.value, { status, headers });
    case "missing":
      return fail("blob_missing");
    case "damaged":
      return fail("blob_damaged");
    default:
      return assertNever(blob);
  }
}

function cacheControl(file: ManifestFile, status: 200 | 404, isInRollout: boolean): string {
  if (status === 404) return "no-store";
  if (file.fingerprinted) return IMMUTABLE;
  return isInRollout && file.type.startsWith("text/html") ? REVALIDATE_PRIVATELY : REVALIDATE;
}
