import type { Release } from "../../../schema/contracts/channels.ts";
import { shortSha } from "../../../schema/digest.ts";
import { readList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { formatAge } from "../figures.ts";
import { printList } from "../print-list.ts";
import { toPrintable } from "../printable.ts";
import { findProject } from "../project-link.ts";
import { channelOf } from "../pull-request.ts";

export type ReleasesOptions = {
  readonly project?: string;
  /** The preview of this pull request, instead of production. */
  readonly pr?: number;
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
};

/** What was live on a channel, newest first: the history that rollback follows. */
export async function releases(context: CommandContext, options: ReleasesOptions): Promise<void> {
  const { api, now, paint } = context;
  const { id, slug } = await findProject(context, options.project);
  const channel = channelOf(options.pr);
  const page = await readList((limit) => api.listReleases(id, channel, { limit }), options);
  const view = {
    name: "releases",
    head: ["REV", "KIND", "DEPLOYMENT", "BUILD", "AGE", "BY"],
    row: ({ rev, kind, deployment, build, at, by, reason }: Release) => [
      { text: String(rev) },
      { text: kind },
      { text: deployment },
      { text: shortSha(build) },
      { text: formatAge(at, now()), paint: paint.dim },
      { text: toPrintable(reason ? `${by}: ${reason}` : by) },
    ],
    none: `Nothing has been live on ${channel} of ${slug} yet.`,
  };
  printList(context, page, view, options);
}
