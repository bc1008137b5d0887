import type { Command } from "commander";
import type { CancelOptions } from "../actions/cancel.ts";
import type { DeployOptions } from "../actions/deploy.ts";
import type { InspectOptions } from "../actions/inspect.ts";
import type { ListOptions } from "../actions/list.ts";
import type { LogsOptions } from "../actions/logs.ts";
import type { PinOptions } from "../actions/pin.ts";
import type { RetryOptions } from "../actions/retry.ts";
import {
  allOption,
  DEPLOYMENT_HELP,
  jsonOption,
  limitOption,
  projectOption,
  pullRequestOption,
  type Run,
  reasonOption,
} from "../declare.ts";

/** Deployments: made, watched, ended. */
export function declareDeployments(program: Command, run: Run): void {
  program.commandsGroup("Deployments:");
  program
    .command("deploy")
    .description("deploy a folder, wait until it is live, and print its URL")
    .argument("[dir]", "the folder of the app", ".")
    .addOption(projectOption())
    .addOption(pullRequestOption("deploy to the preview of this pull request, instead of production"))
    .option("-m, --message <text>", "what this deployment is about")
    .option("--wait", "wait until it is live (the default)")
    .option("--no-wait", "return as soon as the deployment has been started")
    .option("--no-wait-canary", "return as soon as its first visitors have it")
    .option("--fresh", "build even if there is a bundle of the same inputs")
    .option("--verbose", "show what the build prints")
    .addOption(jsonOption("print the deployment instead of its URL"))
    .action(
      run<Omit<DeployOptions, "folder">>(async (context, options, [folder = "."]) => {
        const { deploy } = await import("../actions/deploy.ts");
        await deploy(context, { ...options, folder });
      }),
    );

  program
    .command("list")
    .description("the newest deployments of a project")
    .addOption(projectOption())
    .addOption(pullRequestOption("only those of this pull request"))
    .option("--status <status>", "only those that are live, failed, building ...")
    .option("--build <sha>", "only those with this build; its first 12 digits are enough")
    .addOption(limitOption())
    .addOption(allOption())
    .addOption(jsonOption("print the page of deployments"))
    .action(
      run<ListOptions>(async (context, options) => {
        const { list } = await import("../actions/list.ts");
        await list(context, options);
      }),
    );

  program
    .command("logs")
    .description("the log of a deployment")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .option("-f, --follow", "go on until the deployment has settled")
    .addOption(projectOption())
    .addOption(jsonOption("print the lines as NDJSON"))
    .action(
      run<Omit<LogsOptions, "deployment">>(async (context, options, [deployment = ""]) => {
        const { logs } = await import("../actions/logs.ts");
        await logs(context, { ...options, deployment });
      }),
    );

  program
    .command("inspect")
    .description("all that is known of a deployment")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .addOption(jsonOption("print the deployment and its releases"))
    .action(
      run<Omit<InspectOptions, "deployment">>(async (context, options, [deployment = ""]) => {
        const { inspect } = await import("../actions/inspect.ts");
        await inspect(context, { ...options, deployment });
      }),
    );

  program
    .command("cancel")
    .description("end a deployment that is in progress; what is live stays live")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .addOption(reasonOption("why; it goes into the project's history"))
    .addOption(jsonOption("print the deployment"))
    .action(
      run<Omit<CancelOptions, "deployment">>(async (context, options, [deployment = ""]) => {
        const { cancel } = await import("../actions/cancel.ts");
        await cancel(context, { ...options, deployment });
      }),
    );

  program
    .command("retry")
    .description("deploy again what a failed deployment was made of, and wait as deploy does")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .option("--wait", "wait until it is live (the default)")
    .option("--no-wait", "return as soon as the deployment has been started")
    .option("--no-wait-canary", "return as soon as its first visitors have it")
    .option("--fresh", "build even if there is a bundle of the same inputs")
    .option("--verbose", "show what the build prints")
    .addOption(jsonOption("print the deployment instead of its URL"))
    .action(
      run<Omit<RetryOptions, "deployment">>(async (context, options, [deployment = ""]) => {
        const { retry } = await import("../actions/retry.ts");
        await retry(context, { ...options, deployment });
      }),
    );

  declarePin(program, run, { name: "pin", pinned: true, description: "keep a deployment's bundle for ever" });
  declarePin(program, run, { name: "unpin", pinned: false, description: "let retention decide about it again" });
}

function declarePin(
  program: Command,
  run: Run,
  { name, pinned, description }: { readonly name: string; readonly pinned: boolean; readonly description: string },
): void {
  program
    .command(name)
    .description(description)
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .addOption(jsonOption("print the deployment"))
    .action(
      run<Omit<PinOptions, "deployment">>(async (context, options, [deployment = ""]) => {
        const { pin } = await import("../actions/pin.ts");
        await pin(context, pinned, { ...options, deployment });
      }),
    );
}
