/** How a build fails: an expected outcome is a value with a public reason; anything else is thrown and becomes `builder_error`. */
import type { FailureReason } from "../schema/lifecycle.ts";
import { err } from "../schema/result.ts";

/** `detail` is shown to the people who own the app. */
export type BuildFailure = { readonly reason: FailureReason; readonly detail: string };

export function fail(reason: FailureReason, detail: string): { readonly ok: false; readonly failure: BuildFailure } {
  return err({ reason, detail });
}

/** Thrown through the steps of a job that was taken away (deleted, replaced by a higher attempt, or the builder stops). */
export class JobEnded extends Error {
  override readonly name = "JobEnded";
}

const MAX_DETAIL_CHARS = 300;

/** An unexpected error as a failure: one short line, the rest is for the builder's own log. */
export function toBuilderError(error: unknown): BuildFailure {
  return { reason: "builder_error", detail: describeError(error) };
}

/** The message of an error or of its first cause that has one, in one line of at most 300 characters. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return cut(String(error));
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return cut(`${error.message || error.name}${cause}`);
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MAX_DETAIL_CHARS ? line : `${line.slice(0, MAX_DETAIL_CHARS)}…`;
}
