import type { Flip } from "../../../schema/contracts/channels.ts";
import { withAdvice } from "../advice.ts";
import { firstPage, LARGEST_PAGE } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { reportFlip } from "../flip-report.ts";
import { reportPlan } from "../plan-report.ts";
import { findProject } from "../project-link.ts";
import { channelOf } from "../pull-request.ts";

export type RollbackOptions = {
  readonly project?: string;
  /** The preview of this pull request, instead of production. */
  readonly pr?: number;
  readonly reason?: string;
  readonly expectedRev?: number;
  readonly plan?: boolean;
  readonly abortRollout?: boolean;
  readonly json?: boolean;
};

/** Returns a channel to the release before the live one. Prints the URL, or the flip as JSON. */
export async function rollback(context: CommandContext, options: RollbackOptions): Promise<void> {
  const { api, signal } = context;
  const { id, slug } = await findProject(context, options.project);
  if (options.plan) return reportPlan(context, await api.planFlip(id, channelOf(options.pr), {}), options);
  const advice = `What is live now: ${context.invocation} list --project ${slug}`;
  const flip = await withAdvice(signal, advice, () =>
    api.rollBack(id, channelOf(options.pr), {
      ...(options.reason !== undefined && { reason: options.reason }),
      ...(options.expectedRev !== undefined && { expectedRev: options.expectedRev }),
      ...(options.abortRollout && { abortRollout: true }),
    }),
  );
  if (options.json) return reportFlip(context, flip, { json: true });
  reportFlip(context, flip, { sameBuild: await keptBuild(context, flip) });
}

/** Whether the release before this flip had the same build. The flip is done: not to know is no failure. */
async function keptBuild({ api }: CommandContext, { route }: Flip): Promise<boolean> {
  const releases = await firstPage(api.listReleases(route.project, route.channel, { limit: LARGEST_PAGE })).catch(
    () => null,
  );
  return releases?.items.find(({ rev }) => rev < route.rev)?.build === route.live.build;
}
