import { findBreak } from "../../../schema/event-chain.ts";
import type { CommandContext } from "../command-context.ts";
import { findProject } from "../project-link.ts";
import { parseExpected, type VerifyOptions, verifyChain } from "../verify-chain.ts";

export type VerifyEventsOptions = VerifyOptions & { readonly project?: string };

/** Checks the chain of a project's events. */
export async function verifyEvents(context: CommandContext, options: VerifyEventsOptions): Promise<void> {
  const expected = parseExpected(options);
  const { id, slug } = await findProject(context, options.project);
  const chain = { of: slug, pages: context.api.readEvents(id, { after: 0 }), findBreak };
  await verifyChain(context, chain, expected, options);
}
