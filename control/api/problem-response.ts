import type { Problem } from "../../schema/contracts/problem.ts";
import { redactTokens } from "../../schema/token.ts";

/** Headers of a refusal that say more than its body. */
const KEPT_HEADERS = ["www-authenticate", "allow", "retry-after"];

/** @param said the headers that were set before the refusal */
export function problemResponse(problem: Problem, said = new Headers()): Response {
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  for (const name of KEPT_HEADERS) {
    const value = said.get(name);
    if (value !== null) headers.set(name, value);
  }
  // A refusal quotes what was sent, and somebody will send a token where none belongs.
  return new Response(redactTokens(JSON.stringify(problem)), { status: problem.status, headers });
}
