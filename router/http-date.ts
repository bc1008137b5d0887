/** Dates in HTTP headers (RFC 9110, 5.6.7), to the second. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(?<month>${MONTHS.join("|")})`;
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";

const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/**
 * @returns milliseconds since 1970, or null for what is not one of the three forms: such a condition is to be ignored
 * @param now decides the century of a year of two digits: at most 50 years ahead
 */
export function parseHttpDate(text: string, now: number): number | null {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (!parts) continue;
    const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(Number);
    const month = MONTHS.indexOf(parts.month ?? "");
    const year = fullYear(parts.year ?? "", new Date(now).getUTCFullYear());
    const time = Date.UTC(year, month, day, hour, minute, second);
    const read = new Date(time);
    // The 31st of February would roll over into March.
    return read.getUTCMonth() === month && read.getUTCDate() === day ? time : null;
  }
  return null;
}

export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}

function fullYear(digits: string, thisYear: number): number {
  if (digits.length === 4) return Number(digits);
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
