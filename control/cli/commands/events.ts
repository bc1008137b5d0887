import { type Command, Option } from "commander";
import type { EventsOptions } from "../actions/events.ts";
import type { VerifyEventsOptions } from "../actions/verify-events.ts";
import { jsonOption, parsePositive, projectOption, type Run } from "../declare.ts";

/** Who did what, when and why. */
export function declareEvents(program: Command, run: Run): void {
  program
    .command("events")
    .description("who did what in a project, when and why, oldest first")
    .addOption(projectOption())
    .option("--type <type>", "only of this type, like route.flipped")
    .option("--channel <channel>", "only of this channel, like production or pr-42")
    .option("--deployment <id>", "only of this deployment")
    .option("--after <seq>", "only those behind this number", parsePositive)
    .option("-f, --follow", "go on with what happens from now on")
    .addOption(
      new Option("--verify", "check the chain of all events' hashes, and print the hash of the last one").conflicts([
        "type",
        "channel",
        "deployment",
        "after",
        "follow",
      ]),
    )
    .addOption(
      new Option("--expect <hash>", "with --verify: one that it printed before, which must still be there").implies({
        verify: true,
      }),
    )
    .addOption(jsonOption("print the events as NDJSON, or what the check found"))
    .action(
      run<EventsOptions & VerifyEventsOptions & { readonly verify?: boolean }>(async (context, options) => {
        if (options.verify) {
          const { verifyEvents } = await import("../actions/verify-events.ts");
          return verifyEvents(context, options);
        }
        const { events } = await import("../actions/events.ts");
        await events(context, options);
      }),
    );
}
