/** How a build fails: an expected outcome is a value with a public reason; anything else is thrown and becomes `builder_error`. */
import type { FailureReason } from "../schema/lifecycle.ts";
import { err } from "../schema/result.ts";

/** `detail` is shown to the people who own the app; `cause` only to those who run the builder. */
export type BuildFailure = { readonly reason: FailureReason; readonly detail: string; readonly cause?: unknown };

export function fail(
  reason: FailureReason,
  detail: string,
  cause?: unknown,
): { readonly ok: false; readonly failure: BuildFailure } {
  return err({ reason, detail, ...(cause !== undefined && { cause }) });
}

/** Thrown through the steps of a job that was taken away (deleted, replaced by a higher attempt, or the builder stops). */
export class JobEnded extends Error {
  override readonly name = "JobEnded";
}

const MAX_DETAIL_CHARS = 300;

/** An unexpected error as a failure: one short line, the rest is for the builder's own log. */
export function toBuilderError(error: unknown): BuildFailure {
  return { reason: "builder_error", detail: describeForUsers(error), cause: error };
}

/**
 * What users may read of an error. The system's and the libraries' texts name our paths, addresses and commands, so of
 * those only the code or the name is told; a plain `Error` without a code has a text of ours.
 */
export function describeForUsers(error: unknown): string {
  if (!(error instanceof Error)) return "an error without a name";
  if ("code" in error) return typeof error.code === "string" ? error.code : `code ${error.code}`;
  return error.constructor === Error ? cut(error.message) : error.name;
}

/** For the operator's eyes only: an error's message and its cause's, in one line of at most 300 characters. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return cut(String(error));
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return cut(`${error.message || error.name}${cause}`);
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MAX_DETAIL_CHARS ? line : `${line.slice(0, MAX_DETAIL_CHARS)}…`;
}
