import type { Command } from "commander";
import type { PromoteOptions } from "../actions/promote.ts";
import type { RollbackOptions } from "../actions/rollback.ts";
import {
  DEPLOYMENT_HELP,
  jsonOption,
  projectOption,
  pullRequestOption,
  type Run,
  reasonOption,
  revisionOption,
} from "../declare.ts";

/** What is live on which channel, and how that changes. */
export function declareChannels(program: Command, run: Run): void {
  program
    .command("promote")
    .description("make a deployment live on its channel, without a rebuild")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .addOption(reasonOption())
    .addOption(revisionOption())
    .option("--force", "also a deployment that failed, if its bundle is whole; needs a reason")
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
    .addOption(revisionOption())
    .addOption(jsonOption("print the flip instead of the URL"))
    .action(
      run<RollbackOptions>(async (context, options) => {
        const { rollback } = await import("../actions/rollback.ts");
        await rollback(context, options);
      }),
    );
}
