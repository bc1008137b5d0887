import { type Command, InvalidArgumentError, Option } from "commander";
import type { RolloutCommand } from "../../../schema/contracts/rollouts.ts";
import type {
  ChangeRolloutOptions,
  ListRolloutsOptions,
  PreviewOptions,
  ShowRolloutOptions,
} from "../actions/rollouts.ts";
import {
  allOption,
  declareGroup,
  jsonOption,
  limitOption,
  parsePositive,
  projectOption,
  type Run,
  reasonOption,
} from "../declare.ts";

const ROLLOUT_HELP = "its id (default: the newest, which is the one that runs)";

const DESCRIPTIONS: Record<RolloutCommand, string> = {
  pause: "keep its weight until it is resumed; it is rolled back all the same",
  resume: "let it go on",
  advance: "go on to the next stage now",
  abort: "end it: the version before serves everybody again",
  complete: "give the deployment to everybody now",
};

/** A deployment's way from a few visitors to everybody. */
export function declareRollouts(program: Command, run: Run): void {
  const rollouts = declareGroup(program, "rollout", "a deployment's way from a few visitors to everybody");

  rollouts
    .command("list")
    .description("the rollouts of a project, newest first")
    .addOption(projectOption())
    .addOption(limitOption())
    .addOption(allOption())
    .addOption(jsonOption("print the page of rollouts"))
    .action(
      run<ListRolloutsOptions>(async (context, options) => {
        const { listRollouts } = await import("../actions/rollouts.ts");
        await listRollouts(context, options);
      }),
    );

  rollouts
    .command("status", { isDefault: true })
    .description("where it stands, and what its visitors have met so far (the default)")
    .argument("[rollout]", ROLLOUT_HELP)
    .addOption(projectOption())
    .addOption(jsonOption("print the rollout"))
    .action(
      run<ShowRolloutOptions>(async (context, options, [rollout]) => {
        const { showRollout } = await import("../actions/rollouts.ts");
        await showRollout(context, { ...options, ...(rollout !== undefined && { rollout }) });
      }),
    );

  for (const command of Object.keys(DESCRIPTIONS) as RolloutCommand[]) declareChange(rollouts, run, command);

  rollouts
    .command("preview")
    .description("print a signed link to one side of it; its visits are no evidence")
    .argument("[rollout]", ROLLOUT_HELP)
    .addOption(projectOption())
    .addOption(new Option("--variant <side>", "which side").choices(["canary", "live"]).default("canary"))
    .addOption(
      new Option("--expires <time>", "how long it works, like 30m, 8h, 7d")
        .argParser(parseSeconds)
        .default(3_600, "1h"),
    )
    .addOption(jsonOption("print link, header and expiry"))
    .action(
      run<PreviewOptions>(async (context, options, [rollout]) => {
        const { previewRollout } = await import("../actions/rollouts.ts");
        await previewRollout(context, { ...options, ...(rollout !== undefined && { rollout }) });
      }),
    );

  rollouts
    .command("explain")
    .description("why it was rolled back or warned about, and whether that can be replayed")
    .argument("[rollout]", ROLLOUT_HELP)
    .addOption(projectOption())
    .addOption(jsonOption("print the verdicts, with all that they were decided by"))
    .action(
      run<ShowRolloutOptions>(async (context, options, [rollout]) => {
        const { explainRollout } = await import("../actions/explain-rollout.ts");
        await explainRollout(context, { ...options, ...(rollout !== undefined && { rollout }) });
      }),
    );
}

function declareChange(rollouts: Command, run: Run, command: RolloutCommand): void {
  rollouts
    .command(command)
    .description(DESCRIPTIONS[command])
    .argument("[rollout]", ROLLOUT_HELP)
    .addOption(projectOption())
    .addOption(reasonOption("why; it goes into the project's history"))
    .addOption(
      new Option("--expected-stage <n>", "refuse if it is not at this stage any more").argParser(parsePositive),
    )
    .addOption(jsonOption("print the rollout as it is then"))
    .action(
      run<ChangeRolloutOptions>(async (context, options, [rollout]) => {
        const { changeRollout } = await import("../actions/rollouts.ts");
        await changeRollout(context, command, { ...options, ...(rollout !== undefined && { rollout }) });
      }),
    );
}

const UNITS = { m: 60, h: 3_600, d: 86_400 } as const;

function parseSeconds(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit as keyof typeof UNITS] ?? 0);
  if (seconds < 60 || seconds > 7 * UNITS.d) throw new InvalidArgumentError("It is from 1m to 7d, like 30m or 8h.");
  return seconds;
}
