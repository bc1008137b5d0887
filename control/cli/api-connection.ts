/**
 * How this CLI speaks to the API: bearer token, refusals as Failures, and repetition. Every call may be repeated (by nature,
 * or by its idempotency key), so an answer that is lost is asked for again, for a bounded time.
 */
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "./failure.ts";
import { exchange, type Method } from "./http-exchange.ts";
import { readRefusal } from "./refusal.ts";
import type { Settings } from "./settings.ts";

export type Call = {
  readonly method: Method;
  /** Below `/v1/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  readonly silenceMs?: number;
};

export type ApiConnection = {
  /** The body of the answer, whole. */
  ask(call: Call): Promise<string>;
  /** The answer with its body still to be read. What is lost from there on is not asked for again. */
  open(call: Call): Promise<IncomingMessage>;
};

export type ConnectionOptions = {
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** Told once for each call that has to be repeated, and each time that the API says for how long to wait. */
  readonly onRetry: (reason: string, afterMs: number) => void;
};

/** An API that never answered is probably not there: it is given up on sooner than one that just did. */
const FIRST_CONTACT_MS = 2_000;
const RETRY_DELAY_MS = { first: 200, longest: 3_000 };
const ANSWER_SILENCE_MS = 60_000;

export function createApiConnection(settings: Settings, options: ConnectionOptions): ApiConnection {
  const { signal, userAgent, onRetry } = options;
  const base = settings.api.href.replace(/\/+$/, "");
  let hasAnswered = false;

  return {
    ask: (call) => retrying(async () => await text(await attempt(call))),
    open: (call) => retrying(() => attempt(call)),
  };

  async function attempt(call: Call): Promise<IncomingMessage> {
    const answer = await exchange({
      method: call.method,
      url: new URL(`${base}/v1/${call.path}`),
      headers: { authorization: `Bearer ${settings.token}`, "user-agent": userAgent, ...call.headers },
      ...(call.body && { body: call.body }),
      silenceMs: call.silenceMs ?? ANSWER_SILENCE_MS,
      signal,
    });
    const status = answer.statusCode ?? 0;
    hasAnswered ||= status < 500;
    if (status >= 200 && status <= 299) return answer;
    const { failure, afterMs } = readRefusal(status, answer.headers, await text(answer), Date.now());
    hasAnswered ||= failure.code !== undefined;
    throw afterMs === null ? failure : new Repeatable(failure, afterMs);
  }

  async function retrying<T>(tryOnce: () => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    let open: Failure | null = null;
    for (let delayMs = RETRY_DELAY_MS.first; ; delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS.longest)) {
      try {
        return await tryOnce();
      } catch (error) {
        if (signal.aborted || error instanceof Failure) throw error;
        const { failure, afterMs } =
          error instanceof Repeatable ? error : { failure: toUnreachable(error), afterMs: 0 };
        if (failure.kind === "unknown") open = failure;
        const waitMs = Math.max(delayMs, afterMs);
        const patienceMs = hasAnswered ? settings.retryMs : Math.min(FIRST_CONTACT_MS, settings.retryMs);
        // A refusal at last does not tell what became of an attempt whose answer was lost.
        if (Date.now() - startedAt + waitMs > patienceMs) throw open ?? failure;
        if (delayMs === RETRY_DELAY_MS.first || afterMs > 0) onRetry(failure.message, afterMs);
        await pause(waitMs, undefined, { signal });
      }
    }
  }

  function toUnreachable(cause: unknown): Failure {
    const hint = hasAnswered ? "" : " Is it running, and is this its address? Set another with ATELIER_API or --api.";
    return new Failure("unknown", `The API at ${base} gives no answer: ${reasonOf(cause)}.${hint}`, { cause });
  }
}

/** An attempt that may be repeated, after so long at the earliest. */
class Repeatable extends Error {
  readonly failure: Failure;
  readonly afterMs: number;

  constructor(failure: Failure, afterMs: number) {
    super(failure.message);
    this.failure = failure;
    this.afterMs = afterMs;
  }
}

/** In the system's words; a failed connection to several addresses carries them one level down. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
