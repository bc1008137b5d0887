/**
 * What one isolate remembers of routes. Records are kept by project and channel and never go back to a lower rev; what
 * was confirmed about a host name is kept by that name, so that traffic on one name of a project does not keep another,
 * removed one alive.
 */
import type { RouteAnswer } from "../schema/contracts/route-lookup.ts";
import { routeKey } from "../schema/keys.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import { createBoundedMap } from "./bounded-map.ts";
import type { RouteAsk } from "./ports.ts";

/** DESIGN, "Route record": a rollback is everywhere within about this long plus one round trip. */
export const FRESH_MS = 1_000;
/** A record has at most 2 KB: 10 MB of the isolate's 128. */
const MAX_RECORDS = 5_000;
const MAX_HOSTS = 20_000;

interface View {
  readonly key: string;
  readonly answer: { readonly kind: "route" } | Exclude<RouteAnswer, { kind: "route" }>;
  /** When the question was asked that this answers. */
  readonly askedAt: number;
  readonly freshUntil: number;
}

export interface Memory {
  readonly answer: RouteAnswer;
  readonly freshUntil: number;
}

export interface RouteMemo {
  recall(ask: RouteAsk): Memory | null;
  /** The record alone, under whichever name of the project it was learned: it says nothing about the name asked for. */
  record(ask: RouteAsk): RouteRecord | null;
  learn(ask: RouteAsk, answer: RouteAnswer, askedAt: number): void;
  /** Nobody could be asked: what is remembered must do for another while. */
  keep(ask: RouteAsk, now: number): void;
}

export function createRouteMemo(): RouteMemo {
  const records = createBoundedMap<RouteRecord>(MAX_RECORDS);
  const views = createBoundedMap<View>(MAX_HOSTS);

  return {
    recall(ask) {
      const view = views.get(ask.hostname);
      if (!view || view.key !== routeKey(ask.project, ask.channel)) return null;
      if (view.answer.kind !== "route") return { answer: view.answer, freshUntil: view.freshUntil };
      const record = records.get(view.key);
      return record ? { answer: { kind: "route", record }, freshUntil: view.freshUntil } : null;
    },

    record: (ask) => records.get(routeKey(ask.project, ask.channel)) ?? null,

    learn(ask, answer, askedAt) {
      const key = routeKey(ask.project, ask.channel);
      const held = records.get(key);
      if (answer.kind === "route" && (!held || held.rev < answer.record.rev)) records.set(key, answer.record);
      const view = views.get(ask.hostname);
      // Answers may overtake each other: one to an older question says nothing new about the name.
      if (view?.key === key && view.askedAt > askedAt) return;
      views.set(ask.hostname, { key, answer: viewOf(answer, held), askedAt, freshUntil: askedAt + FRESH_MS });
    },

    keep(ask, now) {
      const view = views.get(ask.hostname);
      if (view) views.set(ask.hostname, { ...view, freshUntil: now + FRESH_MS });
    },
  };
}

/** "Nothing was ever live" contradicts a record in hand, which is the later truth of the two. */
function viewOf(answer: RouteAnswer, held: RouteRecord | undefined): View["answer"] {
  if (answer.kind === "route") return { kind: "route" };
  return answer.kind === "empty" && held ? { kind: "route" } : answer;
}
