/** Every way in which a request ends without a file of the app, and the response for each. Codes, once shipped, stay. */
import { assertNever } from "../schema/result.ts";
import { commonHeaders } from "./headers.ts";
import { acceptsHtml } from "./navigation.ts";
import { renderPage } from "./pages/failure-page.ts";
import type { Trail } from "./trail.ts";
import type { Visit } from "./visit.ts";

export type FailureReason =
  | "method_not_allowed"
  | "precondition_failed"
  | "range_not_satisfiable"
  | "encoding_not_acceptable"
  | "path_malformed"
  | "path_reserved"
  | "host_unknown"
  | "host_unverified"
  | "nothing_deployed"
  | "first_build_running"
  | "file_not_found"
  | "variant_pass_refused"
  | "registry_unavailable"
  | "manifest_missing"
  | "manifest_damaged"
  | "blob_missing"
  | "blob_damaged"
  | "storage_unavailable"
  | "platform_error";

/** @param note what lets a person who reports the page be found in the log */
export function toFailureResponse(
  {
    reason,
    headers: added = {},
  }: { readonly reason: FailureReason; readonly headers?: Readonly<Record<string, string>> },
  visit: Visit,
  trail: Trail,
  note: { readonly traceId: string; readonly now: number },
): Response {
  const { status, title, text, retryAfterSeconds } = explain(reason);
  const host = visit.url.hostname;
  const time = new Date(note.now).toISOString();
  const headers = commonHeaders(trail);
  headers.set("cache-control", "no-store");
  headers.set("x-atelier-error", reason);
  if (retryAfterSeconds !== undefined) headers.set("retry-after", String(retryAfterSeconds));
  if (reason === "method_not_allowed") headers.set("allow", "GET, HEAD");
  for (const [name, value] of Object.entries(added)) headers.set(name, value);

  const told = { code: reason, status, title, time, traceId: note.traceId };
  if (!acceptsHtml(visit.headers)) {
    headers.set("content-type", "application/problem+json");
    const detail = text.replaceAll("{host}", () => host);
    const body = JSON.stringify({ type: `urn:atelier:problem:${reason}`, ...told, detail });
    return new Response(visit.method === "HEAD" ? null : body, { status, headers });
  }
  const reloadAfterSeconds = reason === "first_build_running" ? FIRST_BUILD_RETRY_SECONDS : null;
  const page = renderPage({ ...told, text, host, reloadAfterSeconds });
  headers.set("content-type", "text/html; charset=utf-8");
  headers.set("content-security-policy", page.contentSecurityPolicy);
  return new Response(visit.method === "HEAD" ? null : page.html, { status, headers });
}

interface Explanation {
  readonly status: number;
  readonly title: string;
  /** What it means and what to do, for whoever sees it. `{host}` stands for the requested host. */
  readonly text: string;
  /** The state passes by itself: when to look again. */
  readonly retryAfterSeconds?: number;
}

const FIRST_BUILD_RETRY_SECONDS = 5;
const OUTAGE_RETRY_SECONDS = 5;

function explain(reason: FailureReason): Explanation {
  switch (reason) {
    case "method_not_allowed":
      return {
        status: 405,
        title: "This app only answers GET",
        text: "Files of an app can be read, nothing can be sent to them.",
      };
    case "precondition_failed":
      return {
        status: 412,
        title: "This is not the version you asked for",
        text: "The request names a version of the file that is not here, so nothing was sent.",
      };
    case "range_not_satisfiable":
      return { status: 416, title: "The file ends before that", text: "The file has fewer bytes than were asked for." };
    case "encoding_not_acceptable":
      return {
        status: 406,
        title: "No form of this file will do",
        text: "The request refuses the plain bytes and every encoding that there is of them.",
      };
    case "path_malformed":
      return {
        status: 400,
        title: "This address is not valid",
        text: "The path holds an escape that no file's name can have.",
      };
    case "path_reserved":
      return { status: 404, title: "This address is reserved", text: "Paths below /_atelier belong to the platform." };
    case "host_unknown":
      return {
        status: 404,
        title: "There is no app here",
        text: "No app answers at {host}. Check the address for a typing mistake. If the domain is yours, connect it to your project in Base.",
      };
    case "host_unverified":
      return {
        status: 503,
        title: "We cannot look this address up",
        text: "Whether {host} exists cannot be said right now. Try again in a moment.",
        retryAfterSeconds: OUTAGE_RETRY_SECONDS,
      };
    case "nothing_deployed":
      return {
        status: 404,
        title: "Nothing is published here yet",
        text: "{host} is kept for an app that has not been published. If it is yours, press Deploy in Studio.",
      };
    case "first_build_running":
      return {
        status: 503,
        title: "This app is on its way",
        text: "The first version of {host} is being built. This page looks again by itself.",
        retryAfterSeconds: FIRST_BUILD_RETRY_SECONDS,
      };
    case "file_not_found":
      return { status: 404, title: "This page does not exist", text: "{host} has nothing at this address." };
    case "variant_pass_refused":
      return {
        status: 403,
        title: "This preview is over",
        text: "The link or pass does not open a preview of {host}: it has expired, or its rollout is over, or it belongs to another app. Ask for a new one with `atelier rollout preview`, or open {host} without it.",
      };
    case "registry_unavailable":
      return { ...OURS, status: 503, retryAfterSeconds: OUTAGE_RETRY_SECONDS };
    case "manifest_missing":
    case "manifest_damaged":
    case "blob_missing":
    case "blob_damaged":
      return { ...OURS, status: 502 };
    case "storage_unavailable":
    case "platform_error":
      return { ...OURS, status: 503, retryAfterSeconds: OUTAGE_RETRY_SECONDS };
    default:
      return assertNever(reason);
  }
}

const OURS = {
  title: "Something went wrong on our side",
  text: "The app at {host} could not be delivered. Try again in a moment. If it stays like this, tell us the code and the trace below.",
};
