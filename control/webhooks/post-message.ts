/** One request to a receiver, who may be hostile: no redirects, little of the answer read, an end to all waiting. */
import type { DeliveryId } from "../../schema/ids.ts";
import { withDeadline } from "../deadline.ts";
import type { Outcome } from "./attempt-plan.ts";

/** From the first byte sent to the last one read. */
const ANSWER_TIMEOUT_MS = 10_000;
/** A usual answer is read to its end, so that no receiver sees a broken connection; what it says is not looked at. */
const MAX_ANSWER_BYTES = 16 * 1024;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** @param id names the message in our log */
export async function postMessage(
  fetch: Fetch,
  { id, url, headers, body }: { id: DeliveryId; url: string; headers: Record<string, string>; body: string },
): Promise<Outcome> {
  return withDeadline(ANSWER_TIMEOUT_MS, async (signal) => {
    try {
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
      await readSome(response, signal);
      return { kind: "answered", status: response.status, retryAfter: response.headers.get("retry-after") };
    } catch (cause) {
      if (signal.aborted) {
        return { kind: "unanswered", error: `It did not answer within ${ANSWER_TIMEOUT_MS / 1_000} seconds.` };
      }
      // The words of the failure may tell of the network that this runs in: they are for us alone.
      console.warn(JSON.stringify({ event: "webhook.unanswered", delivery: id, error: String(cause) }));
      const error =
        "The connection failed: nobody answers there, or not as a web server with a valid certificate does.";
      return { kind: "unanswered", error };
    }
  });
}

/** The status was said before: whatever becomes of the rest does not change it. */
async function readSome({ body }: Response, signal: AbortSignal): Promise<void> {
  if (!body) return;
  const reader = body.getReader();
  const late = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null)));
  try {
    for (let left = MAX_ANSWER_BYTES; left > 0; ) {
      const chunk = await Promise.race([reader.read(), late]);
      if (chunk === null || chunk.done) break;
      left -= chunk.value.byteLength;
    }
    await reader.cancel();
  } catch {
    // Cut off.
  }
}
