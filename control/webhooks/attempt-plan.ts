/** What follows an attempt to deliver a message. Pure: times are milliseconds since the epoch, chance is an argument. */

/** What came of an attempt. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | null }
  /** The address was refused, or nobody answered there. */
  | { readonly kind: "unanswered"; readonly error: string };

export type Step =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly at: number; readonly error: string }
  | { readonly kind: "failed"; readonly error: string };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The schedule that Standard Webhooks recommend: how long after the failure of each attempt the next one follows. The first is made at once. */
const RETRY_AFTER_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;
/** Of the wait, at most added to it: receivers that failed together are not all tried again at one moment. */
const JITTER = 0.2;
/** A receiver may ask for more time, but not for ever. */
const MAX_RETRY_AFTER_MS = 24 * HOUR;
/** Statuses with which a receiver may ask for more time. */
const MAY_WAIT: readonly number[] = [429, 503];

const GONE = 410;
/** A receiver that failed for that long, without one success, is given up. */
export const GIVE_UP_MS = 5 * 24 * HOUR;

/**
 * @param tries the attempts of this round, the last one included
 * @param random from 0 up to 1
 */
export function planStep(outcome: Outcome, tries: number, now: number, random: number): Step {
  if (outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300) return { kind: "delivered" };
  const error = describe(outcome);
  const wait = RETRY_AFTER_MS[tries - 1];
  if (wait === undefined || isGone(outcome)) return { kind: "failed", error };
  const asked = outcome.kind === "answered" && MAY_WAIT.includes(outcome.status) ? outcome.retryAfter : null;
  const planned = Math.round(wait * (1 + JITTER * random));
  return { kind: "retry", at: now + Math.max(planned, asked === null ? 0 : readRetryAfter(asked, now)), error };
}

/** Why a webhook is switched off after a failure; null: it goes on. */
export function whySwitchOff(outcome: Outcome, failingSince: number, now: number): string | null {
  if (isGone(outcome)) return "The receiver answered 410 Gone.";
  return now - failingSince >= GIVE_UP_MS ? "Nothing could be delivered for 5 days." : null;
}

/** Seconds or a date (RFC 9110, 10.2.3), in milliseconds from now and within bounds. */
function readRetryAfter(header: string, now: number): number {
  const text = header.trim();
  const asked = /^\d{1,9}$/.test(text) ? Number(text) * SECOND : Date.parse(text) - now;
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS);
}

function isGone(outcome: Outcome): boolean {
  return outcome.kind === "answered" && outcome.status === GONE;
}

function describe(outcome: Outcome): string {
  if (outcome.kind === "unanswered") return outcome.error;
  const { status } = outcome;
  return status >= 300 && status < 400
    ? `It answered ${status}. Redirects are not followed: set the webhook's URL to where they lead.`
    : `It answered ${status}; only a status from 200 to 299 counts as delivered.`;
}
