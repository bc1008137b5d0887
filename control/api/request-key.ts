import type { Context } from "hono";
import { sha256 } from "../../schema/digest.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

const MAX_KEY_LENGTH = 200;

/** The `Idempotency-Key` of a request, bound to its token and to what it asks. Null without the header. */
export async function readRequestKey(c: Context<ApiContext>, body: unknown): Promise<RequestKey | null> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  if (key === "" || key.length > MAX_KEY_LENGTH) {
    throw new ProblemError("body_invalid", `Idempotency-Key must have 1 to ${MAX_KEY_LENGTH} characters.`);
  }
  const requestHash = await sha256(JSON.stringify([c.req.method, c.req.path, body]));
  return { key: `${c.var.actor.token}:${key}`, requestHash };
}
