import type { Deps } from "../deps.ts";
import type { TokenRow } from "../directory/tokens.ts";
import type { RequestKey } from "../project/idempotency.ts";
import { ProblemError } from "./problem-error.ts";

/** The token that the same request made before. @throws ProblemError `idempotency_conflict` */
export async function findTokenOf({ directory }: Deps, request: RequestKey | null): Promise<TokenRow | null> {
  const earlier = request && (await directory.tokens.findByRequest(request.key));
  if (earlier && earlier.requestHash !== request.requestHash) {
    const detail = "This Idempotency-Key came with another request before. Use a new key for a new request.";
    throw new ProblemError("idempotency_conflict", detail);
  }
  return earlier;
}
