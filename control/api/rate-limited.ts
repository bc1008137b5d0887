import type { Context } from "hono";
import type { ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

/** Says when to come back, in whole seconds. Throw what it returns. */
export function rateLimited(c: Context<ApiContext>, what: string, waitMs: number): ProblemError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  c.header("retry-after", String(seconds));
  return new ProblemError("rate_limited", `${what} Try again in ${seconds} s, as Retry-After says.`);
}
