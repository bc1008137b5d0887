import { describe, expect, it } from "vitest";
import { afterDelivery, KV_REPEAT_MS, START_REPEAT_MS } from "../../../control/project/outbox-plan.ts";

const NOW = 1_000_000;

describe("afterDelivery", () => {
  it.each(["kv", "project"] as const)("%s is repeated once 90 s later, so that a late one cannot win", (kind) => {
    const first = afterDelivery({ kind, deliveries: 0, failures: 3 }, true, NOW);
    expect(first).toEqual({ kind, deliveries: 1, failures: 0, dueAt: NOW + KV_REPEAT_MS });
    expect(KV_REPEAT_MS).toBe(90_000);
    expect(afterDelivery({ kind, deliveries: 1, failures: 0 }, true, NOW)).toBeNull();
  });

  it("a purge goes on at once, step by step", () => {
    const next = afterDelivery({ kind: "purge", deliveries: 3, failures: 1 }, true, NOW);
    expect(next).toEqual({ kind: "purge", deliveries: 4, failures: 0, dueAt: NOW });
  });

  it.each(["index", "stop"] as const)("%s is delivered once", (kind) => {
    expect(afterDelivery({ kind, deliveries: 0, failures: 2 }, true, NOW)).toBeNull();
  });

  it("a run is told to go on every five minutes, until its deployment is settled", () => {
    const next = afterDelivery({ kind: "start", deliveries: 7, failures: 0 }, true, NOW);
    expect(next).toEqual({ kind: "start", deliveries: 8, failures: 0, dueAt: NOW + START_REPEAT_MS });
  });

  it("a failure is tried again, ever later but at least once a minute", () => {
    const waits = Array.from({ length: 12 }, (_, failures) => {
      const next = afterDelivery({ kind: "kv", deliveries: 0, failures }, false, NOW);
      return (next?.dueAt ?? 0) - NOW;
    });
    expect(waits[0]).toBe(250);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(60_000);
  });
});
