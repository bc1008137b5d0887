import { beforeAll, describe, expect, it } from "vitest";
import type { ProjectEvent } from "../../schema/contracts/events.ts";
import { sha256 } from "../../schema/digest.ts";
import { eventText, FIRST_PREVIOUS, findBreak } from "../../schema/event-chain.ts";
import { PRODUCTION } from "../../schema/hostname.ts";
import { AT, DEPLOYMENT, digestOf } from "./examples.ts";

const TOKEN = "0123456789abcdef";

let events: ProjectEvent[];

beforeAll(async () => {
  events = await chain([2, 2, 2, 2, 2, 2]);
});

/** @param versions of the events, the first one's first */
async function chain(versions: readonly ProjectEvent["version"][]): Promise<ProjectEvent[]> {
  const chained: ProjectEvent[] = [];
  for (const [index, version] of versions.entries()) {
    const seq = index + 1;
    const event = {
      seq,
      version,
      at: AT,
      type: "route.flipped" as const,
      actor: "alice",
      actorToken: version === 1 ? null : TOKEN,
      channel: PRODUCTION,
      deployment: DEPLOYMENT,
      reason: seq % 2 === 0 ? "the welcome is wrong" : null,
      data: { rev: seq, kind: "promote" },
      previous: chained.at(-1)?.hash ?? FIRST_PREVIOUS,
    };
    chained.push({ ...event, hash: await sha256(eventText(event)) });
  }
  return chained;
}

/** The events with the third one changed. */
function withThird(change: Partial<ProjectEvent>): ProjectEvent[] {
  return events.map((event) => (event.seq === 3 ? { ...event, ...change } : event));
}

/** A forger who writes the hash anew. */
async function rehashed(event: ProjectEvent): Promise<ProjectEvent> {
  return { ...event, hash: await sha256(eventText(event)) };
}

describe("the text of an event", () => {
  it("is this, to the byte: hashes that people have kept depend on it", () => {
    const [, second] = events;
    const { hash: _, ...event } = { ...(second as ProjectEvent), previous: digestOf("a") };
    expect(eventText(event)).toBe(
      `[2,"${"a".repeat(64)}",2,"${AT}","route.flipped","alice","${TOKEN}","production","${DEPLOYMENT}","the welcome is wrong",[["kind","promote"],["rev",2]]]`,
    );
    expect(eventText({ ...event, version: 1, actorToken: null })).toBe(
      `["${"a".repeat(64)}",2,"${AT}","route.flipped","alice","production","${DEPLOYMENT}","the welcome is wrong",[["kind","promote"],["rev",2]]]`,
    );
  });

  it("does not depend on the order in which data was written", () => {
    const [first] = events as [ProjectEvent];
    expect(eventText({ ...first, data: { kind: "promote", rev: 1 } })).toBe(eventText(first));
  });

  it("keeps apart what could be written alike", () => {
    const [first] = events as [ProjectEvent];
    const texts = [{ a: 1 }, { a: "1" }, { a: null }, { a: "null" }, { a: true }, {}].map((data) =>
      eventText({ ...first, data } as ProjectEvent),
    );
    texts.push(eventText({ ...first, reason: "" }), eventText({ ...first, channel: null }));
    texts.push(eventText({ ...first, actorToken: null }), eventText({ ...first, version: 1 }));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe("findBreak", () => {
  it("finds none in a whole chain, nor in a part of one that is read after a known hash", async () => {
    expect(await findBreak(events, FIRST_PREVIOUS)).toBeNull();
    expect(await findBreak(events.slice(2), events[1]?.hash ?? FIRST_PREVIOUS)).toBeNull();
    expect(await findBreak([], FIRST_PREVIOUS)).toBeNull();
  });

  it("finds none where events of the first version go before, and takes no token that is written into one of those", async () => {
    const old = await chain([1, 1, 2, 2]);
    expect(await findBreak(old, FIRST_PREVIOUS)).toBeNull();
    const forged = old.map((event) => (event.seq === 2 ? { ...event, actorToken: TOKEN } : event));
    expect(await findBreak(forged, FIRST_PREVIOUS)).toBe(2);
  });

  const changes: Record<keyof ProjectEvent, Partial<ProjectEvent>> = {
    seq: { seq: 30 },
    at: { at: "2026-11-23T12:00:00.001Z" },
    type: { type: "deployment.live" },
    version: { version: 1 },
    actor: { actor: "bob" },
    actorToken: { actorToken: "fedcba9876543210" },
    channel: { channel: null },
    deployment: { deployment: null },
    reason: { reason: "another" },
    data: { data: { rev: 4, kind: "promote" } },
    previous: { previous: digestOf("b") },
    hash: { hash: digestOf("c") },
  };

  it.each(Object.entries(changes))("finds that `%s` was changed", async (_, change) => {
    const changed = withThird(change);
    expect(await findBreak(changed, FIRST_PREVIOUS)).toBe(changed[2]?.seq);
  });

  it.each(Object.entries(changes).filter(([field]) => field !== "hash"))(
    "finds that `%s` was changed by somebody who wrote the hash anew, at latest one event on",
    async (_, change) => {
      const changed = withThird(change);
      changed[2] = await rehashed(changed[2] as ProjectEvent);
      expect(await findBreak(changed, FIRST_PREVIOUS)).toBeOneOf([changed[2]?.seq, 4]);
    },
  );

  it("finds what was taken out, put in, swapped, or said twice", async () => {
    const [a, b, c, d, e, f] = events as [
      ProjectEvent,
      ProjectEvent,
      ProjectEvent,
      ProjectEvent,
      ProjectEvent,
      ProjectEvent,
    ];
    const forged = await rehashed({ ...c, previous: b.hash, actor: "mallory" });
    const cases = [
      [b, c, d, e, f],
      [a, b, d, e, f],
      [a, c, b, d, e, f],
      [a, b, b, c, d, e, f],
      [a, b, forged, c, d, e, f],
      [a, b, forged, d, e, f],
      [a, b, forged, { ...d, previous: forged.hash }, e, f],
    ];
    const breaks = await Promise.all(cases.map((list) => findBreak(list, FIRST_PREVIOUS)));
    expect(breaks).toEqual([2, 4, 3, 2, 3, 4, 4]);
  });
});
