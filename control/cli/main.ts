/** The commands of `atelier`, as people type them, and what becomes of their ends: messages on stderr, exit codes. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { createColors } from "picocolors";
import { Channel, PRODUCTION } from "../../schema/hostname.ts";
import { type CommandContext, createCommandContext } from "./command-context.ts";
import { type DeployOptions, deploy } from "./commands/deploy.ts";
import { type InspectOptions, inspect } from "./commands/inspect.ts";
import { type ListOptions, list } from "./commands/list.ts";
import { type LogsOptions, logs } from "./commands/logs.ts";
import { type CreateProjectOptions, createProject, listProjects } from "./commands/projects.ts";
import { type PromoteOptions, promote } from "./commands/promote.ts";
import { type RollbackOptions, rollback } from "./commands/rollback.ts";
import { EXIT_CODES, Failure } from "./failure.ts";
import { createProgress } from "./progress.ts";
import { DEFAULT_API, type Flags } from "./settings.ts";
import { readTerminal } from "./terminal.ts";

type PullRequest = { readonly pr?: Channel };

const DEPLOYMENT_HELP = "its id, or a beginning of it that only one recent deployment has";

const CREDENTIALS = ".atelier/credentials.json of this checkout";

const HELP_ON_EXITS = `
Exit codes:
  0  done
  1  the build or the deploy failed, or the API refused
  2  called wrongly, or the folder can not be deployed
  3  no token, or not one that may do this
  4  no answer: what happened is not known, and the message says how to find out
`;

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const terminal = readTerminal(process.stderr, process.env);
const interruption = new AbortController();
const progress = createProgress({
  write: (text) => process.stderr.write(text),
  terminal,
  announce: process.argv.includes("--verbose"),
  now: Date.now,
});

// Once: whoever presses Ctrl-C twice wants out, not a message.
process.once("SIGINT", () => interruption.abort());
// Whoever reads only the first lines of the output (`| head`) has what they wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportEnd(error);
}

function createProgram(): Command {
  const program = new Command("atelier")
    .description("Deploys apps to Atelier, and brings earlier deployments back.")
    .version(version)
    .option("--api <url>", `the API (default: $ATELIER_API, else as in ${CREDENTIALS}, else ${DEFAULT_API})`)
    .option("--token <token>", `the token for it (default: $ATELIER_TOKEN, else as in ${CREDENTIALS})`)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText("after", HELP_ON_EXITS);

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
      run<Omit<DeployOptions, "folder" | "channel"> & PullRequest>((context, { pr, ...options }, [folder = "."]) =>
        deploy(context, { ...options, folder, channel: pr ?? PRODUCTION }),
      ),
    );

  program
    .command("list")
    .description("the newest deployments of a project")
    .addOption(projectOption())
    .addOption(pullRequestOption("only those of this pull request"))
    .option("--limit <n>", "how many, at most 100", parseLimit, 20)
    .addOption(jsonOption("print the page of deployments"))
    .action(
      run<Omit<ListOptions, "channel"> & PullRequest>((context, { pr, ...options }) =>
        list(context, { ...options, ...(pr && { channel: pr }) }),
      ),
    );

  program
    .command("logs")
    .description("the log of a deployment")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .option("-f, --follow", "go on until the deployment has settled")
    .addOption(projectOption())
    .addOption(jsonOption("print the lines as NDJSON"))
    .action(
      run<Omit<LogsOptions, "deployment">>((context, options, [deployment = ""]) =>
        logs(context, { ...options, deployment }),
      ),
    );

  program
    .command("inspect")
    .description("all that is known of a deployment")
    .argument("<deployment>", DEPLOYMENT_HELP)
    .addOption(projectOption())
    .addOption(jsonOption("print the deployment and its releases"))
    .action(
      run<Omit<InspectOptions, "deployment">>((context, options, [deployment = ""]) =>
        inspect(context, { ...options, deployment }),
      ),
    );

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
      run<Omit<PromoteOptions, "deployment">>((context, options, [deployment = ""]) =>
        promote(context, { ...options, deployment }),
      ),
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
      run<Omit<RollbackOptions, "channel"> & PullRequest>((context, { pr, ...options }) =>
        rollback(context, { ...options, channel: pr ?? PRODUCTION }),
      ),
    );

  const projects = program
    .command("projects")
    .description("the projects there are")
    .addOption(jsonOption("print them as JSON"))
    .action(run<{ readonly json?: boolean }>((context, { json }) => listProjects(context, json === true)));
  projects
    .command("create")
    .description("create a project; deploy does so by itself")
    .argument("<slug>", "the part of its host name: lower-case letters, digits and hyphens")
    .option("--name <text>", "what people call it")
    .addOption(jsonOption("print the project instead of its URL"))
    .action(
      run<Omit<CreateProjectOptions, "slug">>((context, options, [slug = ""]) =>
        createProject(context, { ...options, slug }),
      ),
    );
  return program;
}

/** An action for commander: its options are those that the command was declared with just above it. */
function run<O>(act: (context: CommandContext, options: O, operands: readonly string[]) => Promise<void>) {
  return async function (this: Command): Promise<void> {
    const options = this.optsWithGlobals<O & Flags>();
    const context = await createCommandContext({ flags: options, progress, signal: interruption.signal, version });
    await act(context, options, this.args);
  };
}

/** Says how the command ended, and gives the exit code for it. */
function reportEnd(error: unknown): number {
  // Commander has said what is wrong, or printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage;
  const interrupted = interruption.signal.aborted;
  progress.close(interrupted ? "left" : "failed");
  const { bold, red } = createColors(terminal.colored);
  const failure = error instanceof Failure ? error : null;
  const [first = "", ...rest] = (failure?.message ?? (interrupted ? "Interrupted." : describeBug(error))).split("\n");
  progress.say(`\n${red(bold("error:"))} ${bold(first)}`);
  for (const line of rest) progress.say(`  ${line}`);
  if (interrupted) return EXIT_CODES.interrupted;
  return EXIT_CODES[failure?.kind ?? "unknown"];
}

function describeBug(error: unknown): string {
  return `This CLI met an error of its own; what it was doing may or may not have happened.\n${error instanceof Error ? error.stack : error}`;
}

function projectOption(): Option {
  return new Option("-p, --project <slug>", "the project (default: the name in package.json)");
}

function pullRequestOption(description: string): Option {
  return new Option("--pr <n>", description).argParser(parsePullRequest);
}

function reasonOption(): Option {
  return new Option("--reason <text>", "why; it goes into the channel's history");
}

function revisionOption(): Option {
  return new Option("--expected-rev <n>", "refuse if the channel is not at this revision any more").argParser(
    parsePositive,
  );
}

function jsonOption(description: string): Option {
  return new Option("--json", description);
}

function parsePullRequest(text: string): Channel {
  const channel = Channel.safeParse(`pr-${text}`);
  if (!channel.success) throw new InvalidArgumentError("It is the number of a pull request, like 42.");
  return channel.data;
}

function parseLimit(text: string): number {
  const limit = parsePositive(text);
  if (limit > 100) throw new InvalidArgumentError("It is at most 100.");
  return limit;
}

function parsePositive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return Number(text);
}
