/** What an answer says that is not a success: the failure that it means, and whether it is worth to ask again. */
import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import { Problem, type ProblemCode } from "../../schema/contracts/problem.ts";
import { parseJson } from "../../schema/parse-json.ts";
import { Failure, type FailureKind } from "./failure.ts";

/** `afterMs`: when to ask again, at the earliest; null when the answer stays the same. */
export type Refusal = { readonly failure: Failure; readonly afterMs: number | null };

/** Request timeout, too early: like 5xx, they do not say no for good, nor that nothing was done. */
const OPEN_STATUSES: ReadonlySet<number> = new Set([408, 425]);
/** Nothing was done, and later it may be. */
const LATER_CODES: ReadonlySet<string> = new Set<ProblemCode>(["rate_limited", "storage_busy"]);
const TOO_MANY_REQUESTS = 429;
const BODY_EXCERPT_LENGTH = 200;

/** A newer API may know codes that this CLI does not. */
const AnyProblem = Problem.extend({ code: z.string() });

export function readRefusal(status: number, headers: IncomingHttpHeaders, body: string, now: number): Refusal {
  const problem = AnyProblem.safeParse(parseJson(body)).data;
  const isForLater = status === TOO_MANY_REQUESTS || (problem !== undefined && LATER_CODES.has(problem.code));
  const kind = isForLater ? "failed" : kindOf(status);
  const failure = problem ? toFailure(kind, problem) : new Failure(kind, describeAnswer(status, body));
  const isWorthAsking = isForLater || kind === "unknown";
  return { failure, afterMs: isWorthAsking ? readRetryAfter(headers["retry-after"], now) : null };
}

/** The refusal in the API's own words. */
function toFailure(kind: FailureKind, { code, detail, errors = [] }: z.infer<typeof AnyProblem>): Failure {
  const isHinted = kind === "auth" && !detail.includes("ATELIER_TOKEN");
  const hint = isHinted ? " Check ATELIER_TOKEN or --token." : "";
  const fields = errors.map(({ path, message }) => `\n  ${path || "body"}: ${message}`);
  const sentence = detail.replace(/[.\s]*$/, ".");
  return new Failure(kind, `${sentence}${hint} (${code})${fields.join("")}`, { code });
}

function describeAnswer(status: number, body: string): string {
  const said = body.replace(/\s+/g, " ").trim().slice(0, BODY_EXCERPT_LENGTH);
  return `The API answered with status ${status}${said && `: ${said}`}.`;
}

function kindOf(status: number): FailureKind {
  if (status === 401 || status === 403) return "auth";
  return status >= 400 && status < 500 && !OPEN_STATUSES.has(status) ? "failed" : "unknown";
}

/** `Retry-After` in milliseconds: seconds, or a date (RFC 9110, 10.2.3). 0 without one. */
function readRetryAfter(header: string | undefined, now: number): number {
  if (!header) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
