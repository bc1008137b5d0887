import { EventPage, type ListEvents, type ProjectEvent } from "../../../schema/contracts/events.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import { type Requests, withQuery } from "./requests.ts";

export type EventFilters = Partial<Pick<ListEvents, "type" | "channel" | "deployment">>;

/** The most that the API gives at once. */
const LARGEST_EVENT_PAGE = 500;

export function eventCalls({ get }: Requests) {
  return {
    /** Oldest first, from behind the given one on, a page at a time. The first empty page is the end, for now. */
    async *readEvents(
      project: ProjectId,
      { after, ...filters }: EventFilters & { readonly after: number },
    ): AsyncGenerator<readonly ProjectEvent[], void> {
      for (let seq = after; ; ) {
        const query = { ...filters, after: seq, limit: LARGEST_EVENT_PAGE };
        const { events } = await get(withQuery(`projects/${project}/events`, query), EventPage);
        const last = events.at(-1);
        if (!last) return;
        yield events;
        seq = last.seq;
      }
    },
  };
}
