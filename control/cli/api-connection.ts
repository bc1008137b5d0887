/**
 * How this CLI speaks to the API: bearer token, refusals as Failures, and repetition. Every call may be repeated (by nature,
 * or by its idempotency key), so an answer that is lost is asked for again, for a bounded time.
 */
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { Problem } from "../../schema/contracts/problem.ts";
import { parseJson } from "../../schema/parse-json.ts";
import { Failure, type FailureKind } from "./failure.ts";
import { exchange } from "./http-exchange.ts";
import type { Settings } from "./settings.ts";

export type Call = {
  readonly method: "GET" | "POST";
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
  /** Told once for each call that has to be repeated. */
  readonly onRetry: (reason: string) => void;
};

/** An API that never answered is probably not there: it is given up on sooner than one that just did. */
const FIRST_CONTACT_MS = 2_000;
const RETRY_DELAY_MS = { first: 200, longest: 3_000 };
const ANSWER_SILENCE_MS = 60_000;
/** Request timeout, too early, too many: like 5xx, they do not say no for good. */
const OPEN_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
const BODY_EXCERPT_LENGTH = 200;

/** A newer API may know codes that this CLI does not. */
const AnyProblem = Problem.extend({ code: z.string() });

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
    if (status < 200 || status > 299) throw toRefusal(status, await text(answer));
    return answer;
  }

  async function retrying<T>(tryOnce: () => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    for (let delayMs = RETRY_DELAY_MS.first; ; delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS.longest)) {
      try {
        return await tryOnce();
      } catch (error) {
        if (signal.aborted) throw error;
        const failure = error instanceof Failure ? error : toUnreachable(error);
        if (failure.kind !== "unknown") throw failure;
        const patienceMs = hasAnswered ? settings.retryMs : Math.min(FIRST_CONTACT_MS, settings.retryMs);
        if (Date.now() - startedAt + delayMs > patienceMs) throw failure;
        if (delayMs === RETRY_DELAY_MS.first) onRetry(failure.message);
        await pause(delayMs, undefined, { signal });
      }
    }
  }

  function toUnreachable(cause: unknown): Failure {
    const hint = hasAnswered ? "" : " Is it running, and is this its address? Set another with ATELIER_API or --api.";
    return new Failure("unknown", `The API at ${base} gives no answer: ${reasonOf(cause)}.${hint}`, { cause });
  }
}

/** The refusal in the API's own words. */
function toRefusal(status: number, body: string): Failure {
  const { data: problem } = AnyProblem.safeParse(parseJson(body));
  if (!problem) {
    const said = body.replace(/\s+/g, " ").trim().slice(0, BODY_EXCERPT_LENGTH);
    return new Failure(kindOf(status), `The API answered with status ${status}${said && `: ${said}`}.`);
  }
  const isHinted = kindOf(status) === "auth" && !problem.detail.includes("ATELIER_TOKEN");
  const hint = isHinted ? " Check ATELIER_TOKEN or --token." : "";
  const fields = (problem.errors ?? []).map(({ path, message }) => `\n  ${path || "body"}: ${message}`);
  const sentence = problem.detail.replace(/[.\s]*$/, ".");
  return new Failure(kindOf(status), `${sentence}${hint} (${problem.code})${fields.join("")}`, { code: problem.code });
}

function kindOf(status: number): FailureKind {
  if (status === 401 || status === 403) return "auth";
  return status >= 400 && status < 500 && !OPEN_STATUSES.has(status) ? "failed" : "unknown";
}

/** In the system's words; a failed connection to several addresses carries them one level down. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
