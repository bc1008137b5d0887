import type { EventType, ProjectEvent } from "../../../../schema/contracts/events.ts";
import { type Digest, sha256 } from "../../../../schema/digest.ts";
import { eventText, FIRST_PREVIOUS } from "../../../../schema/event-chain.ts";
import { type Answer, type Asked, matches, ok, problem } from "./answer.ts";

export type FakeEvents = {
  /** Of the one project that a test looks at. */
  readonly events: ProjectEvent[];
  /** Appends an event to the chain. */
  add(fields: { readonly type: EventType } & Partial<ProjectEvent>): Promise<ProjectEvent>;
  answer(asked: Asked): Answer;
};

export function createFakeEvents(): FakeEvents {
  const events: ProjectEvent[] = [];
  return {
    events,
    async add(fields) {
      const last = events.at(-1);
      const unhashed = {
        seq: (last?.seq ?? 0) + 1,
        at: "2026-11-23T12:00:00.000Z",
        version: 2 as const,
        actor: "tests",
        actorToken: null,
        channel: null,
        deployment: null,
        reason: null,
        data: {},
        previous: (last?.hash ?? FIRST_PREVIOUS) as Digest,
        ...fields,
      };
      const event: ProjectEvent = { ...unhashed, hash: await sha256(eventText(unhashed)) };
      events.push(event);
      return event;
    },
    answer({ query }) {
      const limit = Number(query.get("limit"));
      if (!(limit >= 1 && limit <= 500)) return problem("query_invalid");
      const found = events
        .filter(({ seq }) => seq > Number(query.get("after")))
        .filter((event) => matches(event, query, ["type", "channel", "deployment"]));
      return ok({ events: found.slice(0, limit) });
    },
  };
}
