import { describe, expect, it } from "vitest";
import { continueTrace, formatTraceparent } from "../../router/trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const randomHex = (bytes: number) => "ab".repeat(bytes);

describe("continueTrace", () => {
  it("stays in the caller's trace with a span of its own", () => {
    const trace = continueTrace(`00-${TRACE}-${PARENT}-00`, randomHex);
    expect(formatTraceparent(trace)).toBe(`00-${TRACE}-${"ab".repeat(8)}-00`);
  });

  it("understands versions to come", () => {
    expect(continueTrace(`01-${TRACE}-${PARENT}-01-more`, randomHex).traceId).toBe(TRACE);
  });

  it.each([
    null,
    "",
    "nonsense",
    `ff-${TRACE}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}`,
  ])("starts a trace for %j", (traceparent) => {
    expect(continueTrace(traceparent, randomHex)).toEqual({
      traceId: "ab".repeat(16),
      spanId: "ab".repeat(8),
      flags: "01",
    });
  });
});
