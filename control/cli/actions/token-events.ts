import type { TokenEvent } from "../../../schema/contracts/token-events.ts";
import { TokenId } from "../../../schema/contracts/tokens.ts";
import { readTokenId } from "../../../schema/token.ts";
import { findTokenBreak } from "../../../schema/token-event-chain.ts";
import type { CommandContext } from "../command-context.ts";
import { eventCells } from "../event-line.ts";
import { parseArgument } from "../parse-argument.ts";
import { formatTable } from "../table.ts";
import { parseExpected, type VerifyOptions, verifyChain } from "../verify-chain.ts";

export type TokenEventsOptions = VerifyOptions & { readonly of?: string; readonly verify?: boolean };

/** What happened to tokens, on stdout, oldest first; or whether the chain of it is whole. */
export async function tokenEvents(context: CommandContext, options: TokenEventsOptions): Promise<void> {
  const { api, print, progress } = context;
  const expected = parseExpected(options);
  if (options.verify) {
    const chain = { of: "the tokens", pages: api.readTokenEvents({}), findBreak: findTokenBreak };
    return verifyChain(context, chain, expected, options);
  }
  const given = options.of;
  const token = given === undefined ? undefined : parseArgument(TokenId, readTokenId(given) ?? given, "--of");
  let count = 0;
  for await (const page of api.readTokenEvents({ token })) {
    for (const line of formatEvents(page, context, options.json === true)) print(line);
    count += page.length;
  }
  if (count === 0 && !options.json) progress.say("Nothing of the kind has happened yet.");
}

function formatEvents(events: readonly TokenEvent[], context: CommandContext, json: boolean): string[] {
  if (json) return events.map((event) => JSON.stringify(event));
  return formatTable(
    events.map((event) => eventCells(event, { place: event.token, subject: null }, context)),
    undefined,
  );
}
