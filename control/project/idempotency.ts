import { eq, inArray, lt } from "drizzle-orm";
import type { Digest } from "../../schema/digest.ts";
import { idempotency } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Database } from "./database.ts";
import type { Refusal } from "./promote-gate.ts";

/** A request that may be sent twice: its key (of one token) and the hash of what it asks. */
export type RequestKey = { readonly key: string; readonly requestHash: Digest };

/** How long an answer is kept for the repetitions of its request: far longer than any client goes on asking. */
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** Makes a change at most once per key, and gives its repetition the first answer. Call it in a transaction. Refusals are not kept. */
export function once<T>(
  db: Database,
  request: RequestKey | null,
  at: string,
  change: () => Result<T, Refusal>,
): Result<T, Refusal> {
  if (request === null) return change();
  const earlier = db.select().from(idempotency).where(eq(idempotency.key, request.key)).get();
  if (earlier && earlier.requestHash !== request.requestHash) {
    return err({
      code: "idempotency_conflict",
      detail: "This Idempotency-Key came with another request before. Use a new key for a new request.",
    });
  }
  // The text is what this function stored below, for the same request.
  if (earlier) return ok(JSON.parse(earlier.response) as T);
  const result = change();
  if (result.ok)
    db.insert(idempotency)
      .values({ ...request, response: JSON.stringify(result.value), at })
      .run();
  return result;
}

/** Forgets answers that are kept no longer, `limit` of them at most. Call it in a transaction. @returns how many there were */
export function forgetAnswers(db: Database, now: number, limit: number): number {
  const old = db
    .select({ key: idempotency.key })
    .from(idempotency)
    .where(lt(idempotency.at, new Date(now - KEPT_MS).toISOString()))
    .limit(limit);
  return db.delete(idempotency).where(inArray(idempotency.key, old)).returning({ key: idempotency.key }).all().length;
}
