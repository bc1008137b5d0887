/** What the declarations of commands share: how an action is run, and the options that several commands have. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "./command-context.ts";

/** What a command does: with its options (those it was declared with, and the global ones) and its operands. */
export type Act<O> = (context: CommandContext, options: O, operands: readonly string[]) => Promise<void>;

/**
 * Makes an action for commander. `act` imports what it needs when it is called: commands are declared at each start, and
 * whatever is loaded for that makes all of them slower.
 */
export type Run = <O>(act: Act<O>, readBearer?: ReadBearer<O>) => (this: Command) => Promise<void>;

/** What to speak to the API with, where it is not the token. */
export type ReadBearer<O> = (options: O) => Promise<string>;

export type Json = { readonly json?: boolean };

export const DEPLOYMENT_HELP = "its id, or a beginning of it that only one recent deployment has";

/** A command of commands. Called by its name alone it does what its default command does. */
export function declareGroup(program: Command, name: string, description: string): Command {
  const group = program.command(name).description(description);
  // A misspelt command would go to the default one, which complains about what it was given.
  group.hook("preSubcommand", ({ args: [given = "-"], commands }) => {
    if (given.startsWith("-") || commands.some((command) => command.name() === given)) return;
    const names = commands.map((command) => command.name()).join(", ");
    group.error(`error: unknown command '${name} ${given}'. There are: ${names}.`, {
      code: "commander.unknownCommand",
    });
  });
  return group;
}

export function projectOption(): Option {
  return new Option("-p, --project <slug>", "the project (default: the name in package.json)");
}

export function pullRequestOption(description: string): Option {
  return new Option("--pr <n>", description).argParser(parsePullRequest);
}

export function reasonOption(description = "why; it goes into the channel's history"): Option {
  return new Option("--reason <text>", description);
}

export function revisionOption(parse: (text: string) => number = parsePositive): Option {
  return new Option("--expected-rev <n>", "refuse if the channel is not at this revision any more").argParser(parse);
}

export function abortRolloutOption(): Option {
  return new Option("--abort-rollout", "end the rollout that runs on the channel; without it, that refuses");
}

export function limitOption(): Option {
  return new Option("--limit <n>", "how many, at most 100").argParser(parseLimit).default(20);
}

export function allOption(): Option {
  return new Option("--all", "all there are, however many").conflicts("limit");
}

export function jsonOption(description: string): Option {
  return new Option("--json", description);
}

/** An option that may be given several times, or with several values between commas. */
export function repeatableOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text.split(",").filter((part) => part !== ""),
  ]);
}

/** Within a channel's name, which has up to nine digits. */
function parsePullRequest(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is the number of a pull request, like 42.");
}

function parseLimit(text: string): number {
  const limit = parsePositive(text);
  if (limit > 100) throw new InvalidArgumentError("It is at most 100.");
  return limit;
}

/** 0: of a channel on which nothing has been live. */
export function parseRevision(text: string): number {
  return text === "0" ? 0 : parsePositive(text);
}

export function parsePositive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return Number(text);
}
