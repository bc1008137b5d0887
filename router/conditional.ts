/**
 * Conditional requests, in the order of RFC 9110, 13.2.2. Only for what would be a 2xx without them, and decided before any
 * byte is opened: everything that they compare is in the manifest or in the route record.
 */
import { parseHttpDate } from "./http-date.ts";

/** What the selected representation is called. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** Milliseconds since 1970, whole seconds; null when it is not known: then conditions on it are ignored. */
  readonly lastModified: number | null;
}

export type ConditionOutcome = "proceed" | "not_modified" | "failed";

/** For GET and HEAD. */
export function evaluateConditions(headers: Headers, validators: Validators, now: number): ConditionOutcome {
  const { etag, lastModified } = validators;
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null) {
    if (!matchesStrongly(ifMatch, etag)) return "failed";
  } else if (isAfter(lastModified, headers.get("if-unmodified-since"), now) === true) return "failed";

  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) return matchesWeakly(ifNoneMatch, etag) ? "not_modified" : "proceed";
  return isAfter(lastModified, headers.get("if-modified-since"), now) === false ? "not_modified" : "proceed";
}

/** May a range be sent? With an `If-Range` only of exactly the representation that it names (RFC 9110, 13.1.5). */
export function ifRangeHolds(headers: Headers, { etag, lastModified }: Validators, now: number): boolean {
  const value = headers.get("if-range");
  if (value === null) return true;
  if (value.includes('"')) return value.trim() === etag;
  return lastModified !== null && parseHttpDate(value.trim(), now) === lastModified;
}

/** Lists, `*` and weak tags, compared weakly (RFC 9110, 13.1.2): proxies that compress on the fly weaken tags. */
function matchesWeakly(list: string, etag: string): boolean {
  return isStar(list) || list.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

/** A weak tag never matches (RFC 9110, 13.1.1). */
function matchesStrongly(list: string, etag: string): boolean {
  return isStar(list) || list.split(",").some((tag) => tag.trim() === etag);
}

function isStar(list: string): boolean {
  return list.trim() === "*";
}

/** @returns null when nothing can be said, and the condition is to be ignored */
function isAfter(lastModified: number | null, date: string | null, now: number): boolean | null {
  if (lastModified === null || date === null) return null;
  const time = parseHttpDate(date.trim(), now);
  return time === null ? null : lastModified > time;
}
