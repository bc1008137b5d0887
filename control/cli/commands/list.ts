import type { Channel } from "../../../schema/hostname.ts";
import type { CommandContext } from "../command-context.ts";
import { formatDeployments } from "../deployment-table.ts";
import { findProject } from "../project-link.ts";

export type ListOptions = {
  readonly project?: string;
  readonly channel?: Channel;
  readonly limit: number;
  readonly json?: boolean;
};

/** The newest deployments of a project. */
export async function list(context: CommandContext, { project, channel, limit, json }: ListOptions): Promise<void> {
  const { id, slug } = await findProject(context, project);
  const page = await context.api.listDeployments(id, { limit, ...(channel && { channel }) });
  if (json) {
    context.print(JSON.stringify(page));
  } else if (page.deployments.length === 0) {
    context.progress.say(
      `There are no deployments of ${slug}${channel ? ` on ${channel}` : ""} yet. Make one with: ${context.invocation} deploy`,
    );
  } else {
    for (const line of formatDeployments(page.deployments, { ...context, now: context.now() })) context.print(line);
    if (page.next) context.progress.say("There are more: --limit shows up to 100.");
  }
}
