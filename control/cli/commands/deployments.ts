import type { Command } from "commander";
import type { DeployOptions } from "../actions/deploy.ts";
import type { InspectOptions } from "../actions/inspect.ts";
import type { ListOptions } from "../actions/list.ts";
import type { LogsOptions } from "../actions/logs.ts";
import { DEPLOYMENT_HELP, jsonOption, limitOption, projectOption, pullRequestOption, type Run } from "../declare.ts";

/** Deployments: made, watched, ended. */
export function declareDeployments(program: Command, run: Run): void {
  program
    .command("deploy")
    .description("deploy a folder, wait until it is live, and print its URL")
    .argument("[dir]", "the folder of the app", ".")
    .addOption(projectOption())
    .addOption(pullRequestOption("deploy to the preview of this pull request, instead of production"))
    .option("-m, --message <text>", "what this deployment is about")
    .option("--wait", "wait until it is live (the default)")
    .option("--no-wait", "return as soon as the deployment has been started")
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
    .addOption(limitOption())
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
}
