/** What is to be stored may be under deletion at that very moment: that passes, mostly within a fraction of a second. */
import type { Context } from "hono";
import type { ApiContext } from "./context.ts";
import { ProblemError } from "./problem-error.ts";

const PATIENCE_MS = 3_000;
const PAUSE_MS = 200;
const RETRY_AFTER_SECONDS = 2;

/**
 * The outcome of `attempt`, which is repeated for a while when it is null.
 * @throws ProblemError `storage_busy`
 */
export async function patiently<T>(c: Context<ApiContext>, attempt: () => Promise<T | null>): Promise<T> {
  const until = c.var.deps.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await attempt();
    if (outcome !== null) return outcome;
    if (c.var.deps.now() > until) break;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  c.header("retry-after", String(RETRY_AFTER_SECONDS));
  throw new ProblemError(
    "storage_busy",
    "Some of these files are being removed from storage right now. Send the same request again in a moment.",
  );
}
