/** W3C trace context, level 1: a request continues its caller's trace or starts one. */

export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: this request's part of the trace. */
  readonly spanId: string;
  /** 2 hex digits; bit 0: sampled. */
  readonly flags: string;
}

/** @returns that many random bytes as hex digits */
export type RandomHex = (bytes: number) => string;

/** Versions to come may append fields (https://www.w3.org/TR/trace-context-1/#versioning-of-traceparent); ff is invalid. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

export function continueTrace(traceparent: string | null, randomHex: RandomHex): Trace {
  const [, version, traceId, flags, more] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  const spanId = randomHex(8);
  if (!traceId || !flags || (version === "00" && more !== undefined)) {
    return { traceId: randomHex(16), spanId, flags: "01" };
  }
  return { traceId, spanId, flags };
}

export function formatTraceparent({ traceId, spanId, flags }: Trace): string {
  return `00-${traceId}-${spanId}-${flags}`;
}
