import type * as z from "zod";
import { Flip, type Promote, type Release, ReleasePage, type Rollback } from "../../../schema/contracts/channels.ts";
import type { Channel } from "../../../schema/hostname.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import type { Pages } from "./pages.ts";
import type { Requests } from "./requests.ts";

export function channelCalls({ change, pages }: Requests) {
  return {
    /** Newest first. */
    listReleases(project: ProjectId, channel: Channel, query: { readonly limit: number }): Pages<Release> {
      return pages(`projects/${project}/channels/${channel}/releases`, query, ReleasePage, (page) => page.releases);
    },
    promote(project: ProjectId, channel: Channel, body: z.input<typeof Promote>): Promise<Flip> {
      return change("POST", `projects/${project}/channels/${channel}/promote`, body, Flip);
    },
    rollBack(project: ProjectId, channel: Channel, body: z.input<typeof Rollback>): Promise<Flip> {
      return change("POST", `projects/${project}/channels/${channel}/rollback`, body, Flip);
    },
  };
}
