import type { Context } from "hono";
import { sha256 } from "../../schema/digest.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { ApiContext } from "./context.ts";

/** The `Idempotency-Key` of a request, bound to its token and to what it asks. Null without the header. */
export async function readRequestKey(c: Context<ApiContext>, body: unknown): Promise<RequestKey | null> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  const requestHash = await sha256(JSON.stringify([c.req.method, c.req.path, body]));
  return { key: `${c.var.actor.token}:${key}`, requestHash };
}
