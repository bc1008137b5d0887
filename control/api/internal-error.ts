import { createProblem } from "../../schema/contracts/problem.ts";
import { redactTokens } from "../../schema/token.ts";
import { problemResponse } from "./problem-response.ts";

/** Of a request that ended in an error of ours: the log has the cause, the answer tells nothing of it. */
export function internalError({ method, url }: Request, cause: unknown, detail: string): Response {
  const error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const { pathname: path } = new URL(url);
  console.error(redactTokens(JSON.stringify({ event: "api.error", method, path, error })));
  return problemResponse(createProblem("internal_error", detail));
}
