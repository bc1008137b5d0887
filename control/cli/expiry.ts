import { Failure } from "./failure.ts";

const SPAN = /^([1-9]\d{0,4})([hdw])$/;
const UNIT_MS = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DAY_OR_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The moment that `--expires` means, as an ISO time in UTC: `90d` from now, a day (its first moment in UTC), or a time with its zone.
 * @throws Failure `usage`
 */
export function parseExpiry(text: string, now: number): string {
  const [, count, unit] = SPAN.exec(text) ?? [];
  const at = unit ? now + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS] : parseTime(text);
  if (!Number.isFinite(at)) {
    throw new Failure("usage", `--expires takes a span like 12h, 90d or 8w, or a time like 2027-03-31, not "${text}".`);
  }
  if (at <= now) throw new Failure("usage", `--expires ${text} has passed already.`);
  return new Date(at).toISOString();
}

function parseTime(text: string): number {
  return DAY_OR_TIME.test(text) ? Date.parse(text) : Number.NaN;
}
