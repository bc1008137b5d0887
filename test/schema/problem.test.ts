import { describe, expect, it } from "vitest";
import { createProblem, PROBLEMS, Problem, type ProblemCode } from "../../schema/contracts/problem.ts";

describe("the problems of the API", () => {
  it("are these; a code that has shipped stays and keeps its status", () => {
    expect(Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]))).toEqual({
      body_not_json: 400,
      header_invalid: 422,
      token_missing: 401,
      token_unknown: 401,
      token_expired: 401,
      scope_missing: 403,
      token_not_found: 404,
      route_not_found: 404,
      project_not_found: 404,
      deployment_not_found: 404,
      channel_not_found: 404,
      source_not_found: 404,
      webhook_not_found: 404,
      delivery_not_found: 404,
      method_not_allowed: 405,
      bootstrap_closed: 409,
      slug_taken: 409,
      idempotency_conflict: 409,
      not_retained: 409,
      not_cancellable: 409,
      not_retryable: 409,
      project_deleted: 409,
      channel_protected: 409,
      limit_reached: 409,
      not_promotable: 409,
      rev_conflict: 409,
      no_earlier_release: 409,
      bundle_collected: 410,
      body_too_large: 413,
      body_invalid: 422,
      query_invalid: 422,
      cursor_invalid: 422,
      blob_mismatch: 422,
      webhook_url_refused: 422,
      force_needs_reason: 422,
      rate_limited: 429,
      rollout_not_found: 404,
      rollout_running: 409,
      rollout_over: 409,
      stage_conflict: 409,
      internal_error: 500,
      environment_not_found: 404,
      variable_not_found: 404,
      env_key_lost: 503,
      storage_busy: 503,
    });
  });

  it.each(Object.keys(PROBLEMS) as ProblemCode[])("%s makes a body that its readers accept", (code) => {
    const problem = createProblem(code, "What went wrong, and what to do.");
    expect(Problem.parse(JSON.parse(JSON.stringify(problem)))).toEqual(problem);
    expect(problem.type).toBe(`urn:atelier:problem:${code}`);
    expect(problem.title).toMatch(/^[A-Z]/);
    expect(problem).not.toHaveProperty("errors");
  });

  it("name the fields of a body that does not fit", () => {
    const errors = [{ path: "files.0.path", message: "is listed twice" }];
    expect(createProblem("body_invalid", "The body does not fit.", errors).errors).toEqual(errors);
  });

  it("have no other codes", () => {
    const made = { ...createProblem("internal_error", ""), code: "teapot" };
    expect(Problem.safeParse(made).success).toBe(false);
  });
});
