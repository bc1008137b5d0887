import type { Context } from "hono";
import { sha256 } from "../../schema/digest.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { ApiContext } from "./context.ts";

/**
 * The `Idempotency-Key` of a request, bound to its token and to what it asks. Null without the header.
 * @param owner whose keys are kept apart from others': the token's, or the bootstrap secret's
 */
export async function readRequestKey(
  c: Context<ApiContext>,
  body: unknown,
  owner = c.var.actor.token,
): Promise<RequestKey | null> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  const requestHash = await sha256(JSON.stringify([c.req.method, c.req.path, body]));
  return { key: `${owner}:${key}`, requestHash };
}
