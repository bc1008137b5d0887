/** The entry of `atelier`: composes its commands, and says how they end, in messages on stderr and in exit codes. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { createColors } from "picocolors";
import { declareChannels } from "./commands/channels.ts";
import { declareDeployments } from "./commands/deployments.ts";
import { declareEnv } from "./commands/env.ts";
import { declareEvents } from "./commands/events.ts";
import { declareProjects } from "./commands/projects.ts";
import { declareRetention } from "./commands/retention.ts";
import { declareRollouts } from "./commands/rollouts.ts";
import { declareTokens } from "./commands/tokens.ts";
import { declareWebhooks } from "./commands/webhooks.ts";
import type { Act, ReadBearer } from "./declare.ts";
import { DEFAULT_API } from "./default-api.ts";
import { EXIT_CODES, Failure } from "./failure.ts";
import { createProgress } from "./progress.ts";
import type { Flags } from "./settings.ts";
import { readTerminal } from "./terminal.ts";

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
  declareDeployments(program, run);
  declareChannels(program, run);
  declareRollouts(program, run);
  declareProjects(program, run);
  declareEnv(program, run);
  declareEvents(program, run);
  declareRetention(program, run);
  declareWebhooks(program, run);
  declareTokens(program, run);
  return program;
}

function run<O>(act: Act<O>, readBearer?: ReadBearer<O>) {
  return async function (this: Command): Promise<void> {
    const { createCommandContext } = await import("./command-context.ts");
    const options = this.optsWithGlobals<O & Flags>();
    const flags = readBearer ? { ...options, token: await readBearer(options) } : options;
    const context = await createCommandContext({ flags, progress, signal: interruption.signal, version });
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
