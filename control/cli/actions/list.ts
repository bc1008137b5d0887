import { firstPage } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { formatDeployments } from "../deployment-table.ts";
import { findProject } from "../project-link.ts";
import { channelOf } from "../pull-request.ts";

export type ListOptions = {
  readonly project?: string;
  readonly pr?: number;
  readonly limit: number;
  readonly json?: boolean;
};

/** The newest deployments of a project. */
export async function list(context: CommandContext, { project, pr, limit, json }: ListOptions): Promise<void> {
  const { id, slug } = await findProject(context, project);
  const channel = pr === undefined ? undefined : channelOf(pr);
  const { items, next } = await firstPage(context.api.listDeployments(id, { limit, channel }));
  if (json) {
    context.print(JSON.stringify({ deployments: items, next }));
  } else if (items.length === 0) {
    context.progress.say(
      `There are no deployments of ${slug}${channel ? ` on ${channel}` : ""} yet. Make one with: ${context.invocation} deploy`,
    );
  } else {
    for (const line of formatDeployments(items, { ...context, now: context.now() })) context.print(line);
    if (next) context.progress.say("There are more: --limit shows up to 100.");
  }
}
