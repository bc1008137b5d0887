import type { Command } from "commander";
import type { ChannelOptions, DeleteChannelOptions } from "../actions/channels.ts";
import type { PromoteOptions } from "../actions/promote.ts";
import type { ReleasesOptions } from "../actions/releases.ts";
import type { RollbackOptions } from "../actions/rollback.ts";
import {
  abortRolloutOption,
  allOption,
  DEPLOYMENT_HELP,
  declareGroup,
  jsonOption,
  limitOption,
  parseRevision,
  projectOption,
  pullRequestOption,
  type Run,
  reasonOption,
  revisionOption,
} from "../declare.ts";

/** What is live on which channel, and how that changes. */
export function declareChannels(program: Command, run: Run): void {
  program.commandsGroup("What is live:");
  program
    .command("promote")
    .description("make a deployment live on its channel, without a rebuild")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .addOption(reasonOption())
    .addOption(revisionOption(parseRevision))
    .option("--env <which>", "the variables of its Functions: its own snapshot (the default), or the current ones")
    .option("--force", "also a deployment that failed, if its bundle is whole; needs a reason")
    .option("--plan", "only say what it would change: builds and variables")
    .addOption(abortRolloutOption())
    .addOption(jsonOption("print the flip instead of the URL"))
    .action(
      run<Omit<PromoteOptions, "deployment">>(async (context, options, [deployment = ""]) => {
        const { promote } = await import("../actions/promote.ts");
        await promote(context, { ...options, deployment });
      }),
    );

  program
    .command("rollback")
    .description("return to the release before the live one")
    .addOption(projectOption())
    .addOption(pullRequestOption("of the preview of this pull request, instead of production"))
    .addOption(reasonOption())
    .addOption(abortRolloutOption())
    .addOption(revisionOption())
    .option("--plan", "only say what it would change: builds and variables")
    .addOption(jsonOption("print the flip instead of the URL"))
    .action(
      run<RollbackOptions>(async (context, options) => {
        const { rollback } = await import("../actions/rollback.ts");
        await rollback(context, options);
      }),
    );

  const channels = declareGroup(program, "channels", "what is live on which channel");

  channels
    .command("list", { isDefault: true })
    .description("the channels on which something is live (the default)")
    .addOption(projectOption())
    .addOption(jsonOption("print them as JSON"))
    .action(
      run<ChannelOptions>(async (context, options) => {
        const { listChannels } = await import("../actions/channels.ts");
        await listChannels(context, options);
      }),
    );

  channels
    .command("delete")
    .description("end a preview; a later deployment to it brings it back")
    .argument("<channel>", "like pr-42")
    .addOption(projectOption())
    .addOption(reasonOption())
    .addOption(jsonOption("print the channel as it is then"))
    .action(
      run<Omit<DeleteChannelOptions, "channel">>(async (context, options, [channel = ""]) => {
        const { deleteChannel } = await import("../actions/channels.ts");
        await deleteChannel(context, { ...options, channel });
      }),
    );

  program
    .command("releases")
    .description("what was live on a channel, newest first: what rollback goes back through")
    .addOption(projectOption())
    .addOption(pullRequestOption("of the preview of this pull request, instead of production"))
    .addOption(limitOption())
    .addOption(allOption())
    .addOption(jsonOption("print the page of releases"))
    .action(
      run<ReleasesOptions>(async (context, options) => {
        const { releases } = await import("../actions/releases.ts");
        await releases(context, options);
      }),
    );
}
