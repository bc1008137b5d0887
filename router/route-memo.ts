/**
 * What one isolate remembers of routes. What is live, or was until its channel was deleted, is kept by project and channel
 * and never goes back to a lower rev; what was confirmed about a host name is kept by that name, so that traffic on one name
 * of a project does not keep another, removed one alive.
 */
import type { RouteAnswer } from "../schema/contracts/route-lookup.ts";
import { routeKey } from "../schema/keys.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import { createBoundedMap } from "./bounded-map.ts";
import type { RouteAsk } from "./ports.ts";

/** DESIGN, "Route record": a rollback is everywhere within about this long plus one round trip. */
export const FRESH_MS = 1_000;
/** A record has at most 2 KB: 10 MB of the isolate's 128. */
const MAX_CHANNELS = 5_000;
const MAX_HOSTS = 20_000;

type Owned = Exclude<RouteAnswer, { kind: "not_owned" }>;

interface View {
  readonly key: string;
  /** `null`: see what is held of the channel. */
  readonly answer: RouteAnswer | null;
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
  const channels = createBoundedMap<Owned>(MAX_CHANNELS);
  const views = createBoundedMap<View>(MAX_HOSTS);

  return {
    recall(ask) {
      const view = views.get(ask.hostname);
      if (!view || view.key !== routeKey(ask.project, ask.channel)) return null;
      const answer = view.answer ?? channels.get(view.key);
      return answer ? { answer, freshUntil: view.freshUntil } : null;
    },

    record(ask) {
      const held = channels.get(routeKey(ask.project, ask.channel));
      return held?.kind === "route" ? held.record : null;
    },

    learn(ask, answer, askedAt) {
      const key = routeKey(ask.project, ask.channel);
      const held = channels.get(key);
      // "Nothing was ever live" is not held: there are as many such channels as anybody likes to guess.
      const isHeld = answer.kind !== "not_owned" && orderOf(answer) > 0;
      if (isHeld && (!held || orderOf(held) <= orderOf(answer))) channels.set(key, answer);
      const view = views.get(ask.hostname);
      // Answers may overtake each other: one to an older question says nothing new about the name.
      if (view?.key === key && view.askedAt > askedAt) return;
      // It also contradicts whatever is held, which is the later truth of the two.
      const isOwn = answer.kind === "not_owned" || (!isHeld && !held);
      views.set(ask.hostname, { key, answer: isOwn ? answer : null, askedAt, freshUntil: askedAt + FRESH_MS });
    },

    keep(ask, now) {
      const view = views.get(ask.hostname);
      if (view) views.set(ask.hostname, { ...view, freshUntil: now + FRESH_MS });
    },
  };
}

/** What happened to a channel in turn: nothing, its record at rev 1, the end of that one, its record at rev 2, ... */
function orderOf(answer: Owned): number {
  if (answer.kind === "route") return 2 * answer.record.rev;
  return answer.rev === 0 ? 0 : 2 * answer.rev + 1;
}
