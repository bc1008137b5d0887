import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { mapConcurrent } from "../../builder/map-concurrent.ts";
import { retryDelayMs, withRetries } from "../../builder/retry.ts";
import { Slots } from "../../builder/slots.ts";

const never = new AbortController().signal;

describe("work on many items", () => {
  it("runs at most so many at once and keeps their order", async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrent([5, 1, 4, 2, 3, 0], 3, async (ms) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(ms);
      running -= 1;
      return ms * 2;
    });
    expect(results).toEqual([10, 2, 8, 4, 6, 0]);
    expect(most).toBe(3);
  });

  it("starts nothing after an error, and throws it when the rest is over", async () => {
    const started: number[] = [];
    let finished = 0;
    const work = mapConcurrent([1, 2, 3, 4], 2, async (item) => {
      started.push(item);
      if (item === 1) throw new Error("one");
      await sleep(5);
      finished += 1;
    });
    await expect(work).rejects.toThrow("one");
    expect(started).toEqual([1, 2]);
    expect(finished).toBe(1);
  });
});

describe("repeating", () => {
  const policy = { attempts: 3, baseMs: 1, maxMs: 2, random: () => 0.5 };

  it("waits twice as long each time, up to a bound, times chance", () => {
    const slow = { attempts: 9, baseMs: 100, maxMs: 1_000, random: () => 0.5 };
    expect([1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(slow, attempt))).toEqual([50, 100, 200, 400, 500, 500]);
  });

  it("ends with success", async () => {
    let attempts = 0;
    const result = await withRetries(
      policy,
      () => true,
      never,
      async () => {
        attempts += 1;
        if (attempts < 3) throw new Error("again");
        return "done";
      },
    );
    expect([result, attempts]).toEqual(["done", 3]);
  });

  it.each([
    ["what stays wrong", true, 3],
    ["what can not get better", false, 1],
  ])("gives up on %s", async (_, transient, expected) => {
    let attempts = 0;
    const work = withRetries(
      policy,
      () => transient,
      never,
      () => {
        attempts += 1;
        return Promise.reject(new Error("no"));
      },
    );
    await expect(work).rejects.toThrow("no");
    expect(attempts).toBe(expected);
  });

  it("ends at once when nobody waits any more", async () => {
    const abort = new AbortController();
    const endless = { ...policy, attempts: 99, baseMs: 60_000, maxMs: 60_000 };
    const work = withRetries(
      endless,
      () => true,
      abort.signal,
      () => Promise.reject(new Error("no")),
    );
    await sleep(1);
    abort.abort(new Error("over"));
    await expect(work).rejects.toThrow("over");
  });
});

describe("places", () => {
  it("go to who came first", async () => {
    const slots = new Slots(1);
    const { leave } = await slots.take(never);
    expect(slots.allTaken).toBe(true);
    const order: string[] = [];
    const second = slots.take(never).then((place) => {
      order.push("second");
      place.leave();
    });
    const third = slots.take(never).then(() => order.push("third"));
    leave();
    leave();
    await Promise.all([second, third]);
    expect(order).toEqual(["second", "third"]);
    expect(slots.allTaken).toBe(true);
  });

  it("have numbers that no two holders share", async () => {
    const slots = new Slots(3);
    const places = await Promise.all([1, 2, 3].map(() => slots.take(never)));
    expect(new Set(places.map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
    places[1]?.leave();
    expect((await slots.take(never)).index).toBe(places[1]?.index);
  });

  it("are not kept for who left the queue", async () => {
    const slots = new Slots(1);
    const { leave } = await slots.take(never);
    const abort = new AbortController();
    const waiting = slots.take(abort.signal);
    abort.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    leave();
    expect(slots.allTaken).toBe(false);
  });
});
