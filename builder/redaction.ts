/**
 * Takes the values that must not be public out of what a build prints, in all their forms, wherever the output is cut into chunks.
 * Holds back only what may be the beginning of one.
 */
import type { Variable } from "../schema/variable.ts";
import { createPatternSearch } from "./pattern-search.ts";
import { formsOf } from "./value-forms.ts";

export type RedactingStream = { write(chunk: Buffer): Buffer; end(): Buffer };
export type Redaction = {
  text(text: string): string;
  stream(): RedactingStream;
};

export const NO_REDACTION: Redaction = {
  text: (text) => text,
  stream: () => ({ write: (chunk) => chunk, end: () => Buffer.alloc(0) }),
};

/** A line of a value of several lines; shorter ones may be anything, like a brace. */
const MIN_LINE_CHARS = 16;

export function createRedaction(searched: readonly Pick<Variable, "name" | "value">[]): Redaction {
  const patterns = searched.flatMap(({ name, value }) =>
    [value, ...linesOf(value)].flatMap((text) => formsOf(text).map(({ bytes }) => ({ name, bytes }))),
  );
  if (patterns.length === 0) return NO_REDACTION;
  const search = createPatternSearch(patterns.map(({ bytes }) => bytes));
  const beginnings = Map.groupBy(patterns, ({ bytes }) => bytes[0]);

  function stream(): RedactingStream {
    let held: Buffer = Buffer.alloc(0);
    /** So many bytes of what is held stand for something that was told already. */
    let covered = 0;

    /** Emits what can not become part of an occurrence any more. */
    function take(bytes: Buffer, isLast: boolean): Buffer {
      const until = isLast ? bytes.length : pendingFrom(bytes);
      const spans = spansIn(bytes, covered);
      const parts: Buffer[] = [];
      let at = 0;
      for (const { start, end, name } of spans) {
        if (start >= until && name !== null) break;
        parts.push(bytes.subarray(at, start));
        if (name !== null) parts.push(Buffer.from(`[redacted: ${name}]`));
        at = end;
      }
      if (at < until) parts.push(bytes.subarray(at, until));
      covered = Math.max(at - until, 0);
      held = Buffer.from(bytes.subarray(until));
      return Buffer.concat(parts);
    }

    return {
      write: (chunk) => take(Buffer.concat([held, chunk]), false),
      end: () => take(held, true),
    };
  }

  /** Where the first of those places is from which on everything is the beginning of a pattern. */
  function pendingFrom(bytes: Buffer): number {
    for (let at = Math.max(0, bytes.length - search.longest + 1); at < bytes.length; at += 1) {
      const candidates = beginnings.get(bytes[at] as number) ?? [];
      const rest = bytes.length - at;
      if (
        candidates.some((one) => one.bytes.length > rest && one.bytes.compare(bytes, at, bytes.length, 0, rest) === 0)
      ) {
        return at;
      }
    }
    return bytes.length;
  }

  type Span = { readonly start: number; readonly end: number; readonly name: string | null };

  /** All occurrences, those that overlap as one; the first has no name when it was told before. */
  function spansIn(bytes: Buffer, alreadyCovered: number): Span[] {
    const found: Span[] = alreadyCovered > 0 ? [{ start: 0, end: alreadyCovered, name: null }] : [];
    search.find(bytes, (pattern, start) => {
      const { name, bytes: text } = patterns[pattern] as (typeof patterns)[number];
      found.push({ start, end: start + text.length, name });
    });
    const spans: Span[] = [];
    for (const next of found) {
      const last = spans.at(-1);
      if (last && next.start < last.end) spans[spans.length - 1] = { ...last, end: Math.max(last.end, next.end) };
      else spans.push(next);
    }
    return spans;
  }

  return {
    stream,
    text: (text) => {
      const whole = stream();
      return Buffer.concat([whole.write(Buffer.from(text)), whole.end()]).toString();
    },
  };
}

/** Programs print a text of several lines with something before each of them. */
function linesOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return lines.length < 2
    ? []
    : lines.filter((line) => line.length >= MIN_LINE_CHARS && !/^-+(BEGIN|END)\b/.test(line));
}
