/** RFC 9457 problem bodies and the closed list of their codes. A code, once shipped, is a contract. */
import * as z from "zod";
import { RolloutId } from "../ids.ts";

export const PROBLEMS = {
  body_not_json: { status: 400, title: "The body is not JSON" },
  body_invalid: { status: 422, title: "The body does not fit" },
  body_too_large: { status: 413, title: "The body is too large" },
  header_invalid: { status: 422, title: "A header does not fit" },
  query_invalid: { status: 422, title: "The query does not fit" },
  token_missing: { status: 401, title: "A bearer token is needed" },
  token_unknown: { status: 401, title: "This token is not known" },
  token_expired: { status: 401, title: "This token has expired" },
  token_not_found: { status: 404, title: "No such token" },
  scope_missing: { status: 403, title: "This token may not do that" },
  bootstrap_closed: { status: 409, title: "The first token exists already" },
  rate_limited: { status: 429, title: "Too many requests" },
  method_not_allowed: { status: 405, title: "This address does not answer that method" },
  cursor_invalid: { status: 422, title: "This cursor does not belong to this list" },
  route_not_found: { status: 404, title: "There is nothing at this address" },
  project_not_found: { status: 404, title: "No such project" },
  deployment_not_found: { status: 404, title: "No such deployment" },
  channel_not_found: { status: 404, title: "Nothing has been live on this channel" },
  source_not_found: { status: 404, title: "No such source" },
  slug_taken: { status: 409, title: "This slug is taken" },
  blob_mismatch: { status: 422, title: "A blob's bytes do not match its hash" },
  idempotency_conflict: { status: 409, title: "This idempotency key was used with another body" },
  not_retained: { status: 409, title: "This deployment has no bundle to go back to" },
  bundle_collected: { status: 410, title: "This deployment's bundle was removed" },
  not_cancellable: { status: 409, title: "This deployment is over" },
  not_retryable: { status: 409, title: "Only a failed deployment can be retried" },
  project_deleted: { status: 409, title: "This project is deleted" },
  channel_protected: { status: 409, title: "The production channel stays" },
  webhook_not_found: { status: 404, title: "No such webhook" },
  webhook_url_refused: { status: 422, title: "Webhooks can not be sent to this address" },
  delivery_not_found: { status: 404, title: "No such delivery" },
  limit_reached: { status: 409, title: "There are as many as there may be" },
  environment_not_found: { status: 404, title: "No such environment" },
  variable_not_found: { status: 404, title: "No such variable" },
  env_key_lost: { status: 503, title: "The key of these variables is not there" },
  storage_busy: { status: 503, title: "Storage is being cleaned" },
  not_promotable: { status: 409, title: "This deployment can not be made live" },
  force_needs_reason: { status: 422, title: "A forced promote needs a reason" },
  rev_conflict: { status: 409, title: "The channel has moved on" },
  no_earlier_release: { status: 409, title: "There is no earlier release to go back to" },
  rollout_not_found: { status: 404, title: "No such rollout" },
  rollout_running: { status: 409, title: "A rollout is running on this channel" },
  rollout_over: { status: 409, title: "This rollout is over" },
  stage_conflict: { status: 409, title: "The rollout has moved on" },
  internal_error: { status: 500, title: "Something went wrong on our side" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const Problem = z.object({
  /** `urn:atelier:problem:<code>` */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  /** What went wrong here, and what to do about it. */
  detail: z.string(),
  /** For bodies, queries and headers: which fields, and why. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** The rollout that is in the way, and the stage that it is at now, counted from 1. */
  rollout: z.object({ id: RolloutId, stage: z.int() }).optional(),
});
export type Problem = z.infer<typeof Problem>;

export function createProblem(
  code: ProblemCode,
  detail: string,
  errors?: Problem["errors"],
  rollout?: Problem["rollout"],
): Problem {
  const { status, title } = PROBLEMS[code];
  const facts = { ...(errors && { errors }), ...(rollout && { rollout }) };
  return { type: `urn:atelier:problem:${code}`, title, status, code, detail, ...facts };
}
