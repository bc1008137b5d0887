/** Input that does not fit, as problems that name every field. */
import type { ValidationTargets } from "hono";
import type * as z from "zod";
import type { Problem, ProblemCode } from "../../schema/contracts/problem.ts";
import { ProblemError } from "./problem-error.ts";

/** What a path names, by the name of its parameter: a name that none can have is a name that none has. */
const ABSENT: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  deployment: { code: "deployment_not_found", detail: "There is no such deployment. Its id looks like dpl_<uuid>." },
  channel: { code: "channel_not_found", detail: 'A channel is "production" or "pr-<number>".' },
  environment: { code: "environment_not_found", detail: 'An environment is "production" or "preview".' },
  rollout: { code: "rollout_not_found", detail: "There is no such rollout. Its id looks like rol_<uuid>." },
  webhook: { code: "webhook_not_found", detail: "There is no such webhook. Its id looks like whk_<uuid>." },
  delivery: { code: "delivery_not_found", detail: "There is no such delivery. Its id looks like msg_<uuid>." },
  token: { code: "token_not_found", detail: "There is no such token. Its id has 16 hex digits." },
};

export function refuseInput(target: keyof ValidationTargets, { issues }: Pick<z.ZodError, "issues">): ProblemError {
  const absent = target === "param" ? ABSENT[String(issues[0]?.path[0])] : undefined;
  if (absent) return new ProblemError(absent.code, absent.detail);
  const errors = issues.slice(0, 50).map(({ path, message }) => ({ path: path.join("."), message }));
  switch (target) {
    case "query":
      return invalid("query_invalid", errors, "Correct the parameters named in errors.");
    case "header":
      return invalid("header_invalid", errors, "Correct the headers named in errors.");
    default:
      return invalid("body_invalid", errors, "Correct the fields named in errors.");
  }
}

function invalid(code: ProblemCode, errors: NonNullable<Problem["errors"]>, advice: string): ProblemError {
  const [first] = errors;
  return new ProblemError(code, first ? `${first.path || "It"}: ${first.message}. ${advice}` : advice, errors);
}
