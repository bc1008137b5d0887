import type * as z from "zod";
import {
  ChannelEnd,
  ChannelPage,
  type ChannelState,
  Flip,
  FlipPlan,
  type PlanFlip,
  type Promote,
  type Release,
  ReleasePage,
  type Rollback,
} from "../../../schema/contracts/channels.ts";
import type { Channel } from "../../../schema/hostname.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import { LARGEST_PAGE, type Pages } from "./pages.ts";
import { type Requests, withQuery } from "./requests.ts";

export function channelCalls({ get, change, pages }: Requests) {
  return {
    /** By name. */
    listChannels(project: ProjectId): Pages<ChannelState> {
      const path = `projects/${project}/channels`;
      return pages(path, { limit: LARGEST_PAGE }, ChannelPage, (page) => page.channels);
    },
    deleteChannel(project: ProjectId, channel: Channel, reason: string | undefined): Promise<ChannelEnd> {
      return change("DELETE", withQuery(`projects/${project}/channels/${channel}`, { reason }), undefined, ChannelEnd);
    },
    /** Newest first. */
    listReleases(project: ProjectId, channel: Channel, query: { readonly limit: number }): Pages<Release> {
      return pages(`projects/${project}/channels/${channel}/releases`, query, ReleasePage, (page) => page.releases);
    },
    planFlip(project: ProjectId, channel: Channel, query: z.input<typeof PlanFlip>): Promise<FlipPlan> {
      return get(withQuery(`projects/${project}/channels/${channel}/plan`, query), FlipPlan);
    },
    promote(project: ProjectId, channel: Channel, body: z.input<typeof Promote>): Promise<Flip> {
      return change("POST", `projects/${project}/channels/${channel}/promote`, body, Flip);
    },
    rollBack(project: ProjectId, channel: Channel, body: z.input<typeof Rollback>): Promise<Flip> {
      return change("POST", `projects/${project}/channels/${channel}/rollback`, body, Flip);
    },
  };
}
