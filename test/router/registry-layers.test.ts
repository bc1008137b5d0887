import { describe, expect, it } from "vitest";
import type { RouteAsk } from "../../router/ports.ts";
import {
  ASK_DEADLINE_MS,
  COPY_DEADLINE_MS,
  createLayeredRegistry,
  LAST_RESORT_MS,
} from "../../router/registry-layers.ts";
import { createRouteMemo, FRESH_MS } from "../../router/route-memo.ts";
import type { RouteAnswer } from "../../schema/contracts/route-lookup.ts";
import { sha256 } from "../../schema/digest.ts";
import { Hostname, PRODUCTION } from "../../schema/hostname.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { arm, OTHER_PROJECT, PROJECT, routeRecord } from "../support/routes.ts";
import { createSteppedClock } from "../support/stepped-clock.ts";

const BUILD = await sha256("build");
const SHOP = Hostname.parse("shop.apps.test");
const ASK: RouteAsk = { project: PROJECT, channel: PRODUCTION, hostname: SHOP, minRev: 0 };
const at = (rev: number) => routeRecord({ live: arm(BUILD), rev });
const route = (rev: number): RouteAnswer => ({ kind: "route", record: at(rev) });

/** What a source does when it is asked: an answer, an error, or nothing for a while. */
type Behaviour<T> = () => Promise<T>;
const hang = () => new Promise<never>(() => {});
const fail = () => Promise.reject(new Error("out of order"));

function createRegistry() {
  const clock = createSteppedClock();
  const counts = { object: 0, copy: 0 };
  const background: Promise<unknown>[] = [];
  const reports: string[] = [];
  const act: { object: Behaviour<RouteAnswer>; copy: Behaviour<RouteRecord | null> } = {
    object: async () => route(1),
    copy: async () => null,
  };
  const registry = createLayeredRegistry(
    {
      askProject: () => {
        counts.object++;
        return act.object();
      },
      readCopy: () => {
        counts.copy++;
        return act.copy();
      },
    },
    {
      clock,
      keepAlive: (work) => void background.push(work),
      report: (event, facts) => void reports.push(`${event} ${facts.source} ${facts.reason}`),
    },
  );
  const answerAfter = <T>(ms: number, answer: T) =>
    new Promise<T>((resolve) => {
      clock.startTimer(ms, () => resolve(answer));
    });
  return { clock, counts, background, reports, act, registry, answerAfter };
}

describe("a record in memory", () => {
  it("answers at once for a second, and is then checked with the object", async () => {
    const { clock, counts, act, registry } = createRegistry();
    expect(await registry.lookup(ASK)).toEqual({ answer: route(1), origin: "object" });
    act.object = async () => route(2);
    await clock.advance(FRESH_MS - 1);
    expect(registry.lookup(ASK)).toEqual({ answer: route(1), origin: "memo" });
    await clock.advance(1);
    expect(await registry.lookup(ASK)).toEqual({ answer: route(2), origin: "object" });
    expect(counts).toEqual({ object: 2, copy: 0 });
  });

  it("counts its second from the question, not from the answer", async () => {
    const { clock, counts, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(200, route(1));
    const first = registry.lookup(ASK);
    await clock.advance(200);
    await first;
    await clock.advance(FRESH_MS - 200);
    void registry.lookup(ASK);
    expect(counts.object).toBe(2);
  });

  it("is asked for once by requests that come together", async () => {
    const { clock, counts, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(50, route(1));
    const answers = Promise.all(Array.from({ length: 100 }, () => registry.lookup(ASK)));
    await clock.advance(50);
    expect((await answers).every(({ answer }) => answer?.kind === "route")).toBe(true);
    expect(counts.object).toBe(1);
  });

  it("is checked by one request while the others go on, and by all of them after a longer sleep", async () => {
    const { clock, counts, act, registry, answerAfter } = createRegistry();
    await registry.lookup(ASK);
    act.object = () => answerAfter(50, route(2));
    await clock.advance(FRESH_MS);
    const checking = registry.lookup(ASK);
    expect(registry.lookup(ASK)).toEqual({ answer: route(1), origin: "stale" });
    await clock.advance(50);
    expect(await checking).toEqual({ answer: route(2), origin: "object" });

    act.object = () => answerAfter(50, route(3));
    await clock.advance(60_000);
    const both = Promise.all([registry.lookup(ASK), registry.lookup(ASK)]);
    await clock.advance(50);
    expect((await both).map(({ answer }) => answer)).toEqual([route(3), route(3)]);
    expect(counts.object).toBe(3);
  });

  it("keeps no other name of the project alive", async () => {
    const { counts, act, registry } = createRegistry();
    await registry.lookup(ASK);
    act.object = async () => ({ kind: "not_owned" });
    const removed = { ...ASK, hostname: Hostname.parse("www.example.com") };
    expect((await registry.lookup(removed)).answer).toEqual({ kind: "not_owned" });
    expect(registry.lookup(ASK)).toEqual({ answer: route(1), origin: "memo" });
    expect(counts.object).toBe(2);
  });
});

describe("an object that hangs", () => {
  it("costs one deadline, and no other while the breaker is open", async () => {
    const { clock, counts, reports, act, registry } = createRegistry();
    act.object = hang;
    act.copy = async () => at(1);
    const startedAt = clock.now();
    const first = registry.lookup(ASK);
    await clock.advance(ASK_DEADLINE_MS);
    expect(await first).toEqual({ answer: route(1), origin: "copy" });
    expect(clock.now() - startedAt).toBe(ASK_DEADLINE_MS);
    expect(reports).toEqual([`registry.not_answering ${PROJECT} deadline`]);

    // Another name of the same project: the record would have to be asked for, and is not.
    const other = await registry.lookup({ ...ASK, hostname: Hostname.parse("www.example.com") });
    expect(other).toEqual({ answer: route(1), origin: "copy" });
    expect(counts.object).toBe(1);
  });

  it("is tried again after a pause, by one request at a time, ever more rarely", async () => {
    const { clock, counts, act, registry } = createRegistry();
    act.object = hang;
    act.copy = async () => at(1);
    for (let ms = 0; ms < 60_000; ms += 100) {
      void registry.lookup(ASK);
      await clock.advance(100);
    }
    expect(counts.object).toBeGreaterThan(5);
    expect(counts.object).toBeLessThan(12);
  });

  it("is heard although it is late", async () => {
    const { clock, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(450, route(7));
    act.copy = async () => at(6);
    const first = registry.lookup(ASK);
    await clock.advance(ASK_DEADLINE_MS);
    expect((await first).answer).toEqual(route(6));
    await clock.advance(150);
    expect(registry.atHand(ASK)).toEqual(at(7));
    // And the breaker has closed.
    act.object = async () => route(8);
    await clock.advance(FRESH_MS);
    expect(await registry.lookup(ASK)).toEqual({ answer: route(8), origin: "object" });
  });

  it("is waited for longer when there is nothing else to serve from", async () => {
    const { clock, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(ASK_DEADLINE_MS + LAST_RESORT_MS - 1, route(1));
    const first = registry.lookup(ASK);
    await clock.advance(ASK_DEADLINE_MS + LAST_RESORT_MS);
    expect(await first).toEqual({ answer: route(1), origin: "object" });
  });
});

describe("an outage", () => {
  it("of the objects is bridged by the copy", async () => {
    const { act, registry, reports } = createRegistry();
    act.object = fail;
    act.copy = async () => at(3);
    expect(await registry.lookup(ASK)).toEqual({ answer: route(3), origin: "copy" });
    expect(reports).toEqual([`registry.not_answering ${PROJECT} error`]);
  });

  it("of everything leaves known sites up, for as long as it lasts", async () => {
    const { clock, act, registry } = createRegistry();
    await registry.lookup(ASK);
    act.object = fail;
    act.copy = fail;
    for (let minute = 0; minute < 60; minute++) {
      await clock.advance(60_000);
      expect((await registry.lookup(ASK)).answer).toEqual(route(1));
    }
  });

  it("of everything, hanging, delays one request per trial and no other", async () => {
    const { clock, act, registry } = createRegistry();
    await registry.lookup(ASK);
    act.object = hang;
    act.copy = hang;
    let waited = 0;
    for (let ms = 0; ms < 30_000; ms += 100) {
      await clock.advance(100);
      let isDone = false;
      void Promise.resolve(registry.lookup(ASK)).then(() => {
        isDone = true;
      });
      await clock.settle();
      if (!isDone) waited++;
    }
    expect(waited).toBeGreaterThan(0);
    // Of 300 requests: five or six trials of the object and as many of KV.
    expect(waited).toBeLessThan(13);
  });

  it("without anything remembered is admitted", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = hang;
    act.copy = hang;
    const first = registry.lookup(ASK);
    await clock.advance(ASK_DEADLINE_MS + COPY_DEADLINE_MS + LAST_RESORT_MS);
    expect(await first).toEqual({ answer: null, origin: "stale" });
  });

  it("does not take the copy's silence for an answer", async () => {
    const { act, registry } = createRegistry();
    act.object = fail;
    expect((await registry.lookup(ASK)).answer).toBeNull();
  });

  it("does not mistake another project's record for this one's", async () => {
    const { act, registry, reports } = createRegistry();
    act.object = async () => ({ kind: "route", record: { ...at(9), project: OTHER_PROJECT } });
    act.copy = async () => ({ ...at(9), project: OTHER_PROJECT });
    expect((await registry.lookup(ASK)).answer).toBeNull();
    expect(reports).toHaveLength(2);
  });
});

describe("revs never go back", () => {
  it("when the copy is older than memory", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = async () => route(5);
    await registry.lookup(ASK);
    act.object = fail;
    act.copy = async () => at(4);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(5));
  });

  it("when answers overtake each other", async () => {
    const { clock, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(900, route(1));
    act.copy = async () => at(1);
    const first = registry.lookup(ASK);
    await clock.advance(ASK_DEADLINE_MS);
    await first;
    act.object = async () => route(2);
    expect((await registry.lookup({ ...ASK, minRev: 2 })).answer).toEqual(route(1));
    await clock.advance(900);
    expect((await registry.lookup({ ...ASK, minRev: 2 })).answer).toEqual(route(2));
    act.object = async () => route(1);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(2));
  });

  it('when the object says "nothing was ever live" of a channel that has been', async () => {
    const { clock, act, registry } = createRegistry();
    await registry.lookup(ASK);
    act.object = async () => ({ kind: "empty", building: false, rev: 0 });
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(1));
  });
});

describe("a wished-for rev", () => {
  it("is read past a fresh memory, once", async () => {
    const { counts, act, registry } = createRegistry();
    await registry.lookup(ASK);
    act.object = async () => route(2);
    expect((await registry.lookup({ ...ASK, minRev: 2 })).answer).toEqual(route(2));
    expect(registry.lookup({ ...ASK, minRev: 2 })).toEqual({ answer: route(2), origin: "memo" });
    expect(counts.object).toBe(2);
  });

  it("that the object does not have is answered at once with the real one", async () => {
    const { counts, registry } = createRegistry();
    expect((await registry.lookup({ ...ASK, minRev: 99 })).answer).toEqual(route(1));
    expect(counts.object).toBe(1);
  });

  it("is not satisfied by a read that began before the wish", async () => {
    const { clock, counts, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(100, route(1));
    const before = registry.lookup(ASK);
    act.object = async () => route(2);
    const after = registry.lookup({ ...ASK, minRev: 2 });
    await clock.advance(100);
    expect((await before).answer).toEqual(route(1));
    expect((await after).answer).toEqual(route(2));
    expect(counts.object).toBe(2);
  });

  it("costs a crowd of wishes two reads, not one each", async () => {
    const { clock, counts, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(100, route(1));
    const wishes = Promise.all(Array.from({ length: 50 }, () => registry.lookup({ ...ASK, minRev: 99 })));
    await clock.advance(100);
    await clock.advance(100);
    await wishes;
    expect(counts.object).toBe(2);
  });
});

describe("a name that its project does not own", () => {
  it("stays denied through an outage, whatever the copy of the route says", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = async () => ({ kind: "not_owned" });
    await registry.lookup(ASK);
    act.object = fail;
    act.copy = async () => at(1);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual({ kind: "not_owned" });
  });

  it("is served again as soon as the project owns it again", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = async () => ({ kind: "not_owned" });
    await registry.lookup(ASK);
    act.object = async () => route(1);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(1));
  });

  it("says nothing about the same name under another project", async () => {
    const { act, registry } = createRegistry();
    act.object = async () => ({ kind: "not_owned" });
    await registry.lookup(ASK);
    const record = { ...at(1), project: OTHER_PROJECT };
    act.object = async () => ({ kind: "route", record });
    expect((await registry.lookup({ ...ASK, project: OTHER_PROJECT })).answer).toEqual({ kind: "route", record });
  });
});

describe("a channel without a release", () => {
  it("says whether the first one is being built, and asks again after a second", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = async () => ({ kind: "empty", building: true, rev: 0 });
    expect((await registry.lookup(ASK)).answer).toEqual({ kind: "empty", building: true, rev: 0 });
    act.object = async () => route(1);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(1));
  });
});

describe("a record at hand", () => {
  it("is the remembered one, whatever its age, and costs no question", async () => {
    const { clock, counts, registry } = createRegistry();
    expect(registry.atHand(ASK)).toBeNull();
    await registry.lookup(ASK);
    await clock.advance(60 * 60_000);
    expect(registry.atHand(ASK)).toEqual(at(1));
    expect(await registry.readCopy(ASK)).toBeNull();
    expect(counts).toEqual({ object: 1, copy: 0 });
  });

  it("does for every name of its project, until the project denies the name", async () => {
    const { act, registry } = createRegistry();
    await registry.lookup(ASK);
    const other = { ...ASK, hostname: Hostname.parse("www.example.com") };
    expect(registry.atHand(other)).toEqual(at(1));
    expect(registry.atHand({ ...other, project: OTHER_PROJECT })).toBeNull();
    act.object = async () => ({ kind: "not_owned" });
    await registry.lookup(other);
    expect([registry.atHand(other), registry.atHand(ASK)]).toEqual([null, at(1)]);
  });

  it("is none below a wished-for rev", async () => {
    const { act, registry } = createRegistry();
    act.copy = async () => at(1);
    expect(await registry.readCopy({ ...ASK, minRev: 1 })).toEqual(at(1));
    expect(await registry.readCopy({ ...ASK, minRev: 2 })).toBeNull();
    await registry.lookup(ASK);
    expect(registry.atHand({ ...ASK, minRev: 1 })).toEqual(at(1));
    expect(registry.atHand({ ...ASK, minRev: 2 })).toBeNull();
  });
});

describe("a copy that is read beside the question", () => {
  it("confirms no name and is not remembered", async () => {
    const { counts, act, registry } = createRegistry();
    act.copy = async () => at(9);
    expect(await registry.readCopy(ASK)).toEqual(at(9));
    expect(registry.atHand(ASK)).toBeNull();
    act.object = async () => ({ kind: "not_owned" });
    expect((await registry.lookup(ASK)).answer).toEqual({ kind: "not_owned" });
    expect(await registry.readCopy(ASK)).toBeNull();
    expect(counts).toEqual({ object: 1, copy: 1 });
  });

  it("leaves a channel without a release to the object", async () => {
    const { act, registry } = createRegistry();
    act.copy = async () => at(1);
    act.object = async () => ({ kind: "empty", building: false, rev: 0 });
    await registry.readCopy(ASK);
    expect((await registry.lookup(ASK)).answer).toEqual({ kind: "empty", building: false, rev: 0 });
  });

  it("is one read for a crowd, and the same that the question falls back to", async () => {
    const { clock, counts, act, registry, answerAfter } = createRegistry();
    act.object = hang;
    act.copy = () => answerAfter(ASK_DEADLINE_MS + 50, at(1));
    const looking = registry.lookup(ASK);
    const copies = Promise.all(Array.from({ length: 50 }, () => registry.readCopy(ASK)));
    await clock.advance(ASK_DEADLINE_MS + 50);
    expect(new Set(await copies)).toEqual(new Set([at(1)]));
    expect(await looking).toEqual({ answer: route(1), origin: "copy" });
    expect(counts).toEqual({ object: 1, copy: 1 });
  });

  it("does not override what the project says of the name meanwhile", async () => {
    const { clock, act, registry, answerAfter } = createRegistry();
    act.object = () => answerAfter(ASK_DEADLINE_MS + 50, { kind: "not_owned" });
    act.copy = () => answerAfter(100, at(1));
    const looking = registry.lookup(ASK);
    await clock.advance(ASK_DEADLINE_MS + 100);
    expect((await looking).answer).toEqual({ kind: "not_owned" });
  });

  it.each<[string, Behaviour<RouteRecord | null>]>([
    ["is absent", async () => null],
    ["can not be read", fail],
    ["hangs", hang],
    ["is another project's", async () => ({ ...at(9), project: OTHER_PROJECT })],
  ])("is none when it %s", async (_how, copy) => {
    const { clock, act, registry } = createRegistry();
    act.copy = copy;
    const reading = registry.readCopy(ASK);
    await clock.advance(COPY_DEADLINE_MS);
    expect(await reading).toBeNull();
    expect((await registry.lookup(ASK)).answer).toEqual(route(1));
  });
});

describe("a channel that was deleted", () => {
  const ended = { kind: "empty", building: false, rev: 1 } as const;

  it("ends within a second, although its record is in memory", async () => {
    const { clock, act, registry } = createRegistry();
    await registry.lookup(ASK);
    act.object = async () => ended;
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(ended);
  });

  it("stays ended through an outage, whatever an old copy says", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = async () => ended;
    await registry.lookup(ASK);
    act.object = fail;
    act.copy = async () => at(1);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(ended);
  });

  it("is not brought back by an answer that was asked for before its end", () => {
    const memo = createRouteMemo();
    memo.learn(ASK, ended, 10);
    memo.learn(ASK, route(1), 5);
    expect(memo.recall(ASK)?.answer).toEqual(ended);
  });

  it("is back with the next revision", async () => {
    const { clock, act, registry } = createRegistry();
    act.object = async () => ended;
    await registry.lookup(ASK);
    act.object = async () => route(2);
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(2));
    act.object = async () => ended;
    await clock.advance(FRESH_MS);
    expect((await registry.lookup(ASK)).answer).toEqual(route(2));
  });
});
