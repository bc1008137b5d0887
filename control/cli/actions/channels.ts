import type { ChannelState } from "../../../schema/contracts/channels.ts";
import { shortSha } from "../../../schema/digest.ts";
import { Channel } from "../../../schema/hostname.ts";
import { withAdvice } from "../advice.ts";
import { wholeList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { parseArgument } from "../parse-argument.ts";
import { printList } from "../print-list.ts";
import { findProject } from "../project-link.ts";

export type ChannelOptions = { readonly project?: string; readonly json?: boolean };
export type DeleteChannelOptions = ChannelOptions & { readonly channel: string; readonly reason?: string };

/** The channels on which something is live. */
export async function listChannels(context: CommandContext, options: ChannelOptions): Promise<void> {
  const { api, invocation, paint } = context;
  const { id, slug } = await findProject(context, options.project);
  const view = {
    name: "channels",
    head: ["CHANNEL", "REV", "BUILD", "DEPLOYMENT", "URL"],
    row: ({ channel, route, url }: ChannelState) => [
      { text: channel },
      { text: route ? String(route.rev) : "-" },
      { text: route ? shortSha(route.live.build) : "-" },
      { text: route?.live.deployment ?? "-" },
      { text: route ? url : "nothing is live", paint: route ? String : paint.dim },
    ],
    whole: true,
    none: `Nothing is live on any channel of ${slug}. Deploy to one with: ${invocation} deploy`,
  };
  printList(context, await wholeList(api.listChannels(id)), view, options);
}

/** Ends a preview: nothing is live on it any more. */
export async function deleteChannel(context: CommandContext, options: DeleteChannelOptions): Promise<void> {
  const { api, progress, print, signal, invocation } = context;
  const channel = parseArgument(Channel, options.channel, "The argument 'channel'");
  const { id, slug } = await findProject(context, options.project);
  const advice = `What is live now: ${invocation} channels -p ${slug}`;
  const state = await withAdvice(signal, advice, () => api.deleteChannel(id, channel, options.reason));
  const done = state.changed
    ? `Deleted the channel ${channel} of ${slug}`
    : `The channel ${channel} of ${slug} was deleted before`;
  progress.done(`${done}. The next sweep removes its bundles.`);
  if (options.json) print(JSON.stringify(state));
}
