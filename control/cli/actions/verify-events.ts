import { Digest } from "../../../schema/digest.ts";
import { FIRST_PREVIOUS, findBreak } from "../../../schema/event-chain.ts";
import { formatCount } from "../../../schema/figures.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { parseArgument } from "../parse-argument.ts";
import { findProject } from "../project-link.ts";

export type VerifyEventsOptions = {
  readonly project?: string;
  /** A head that an earlier check printed. */
  readonly expect?: string;
  readonly json?: boolean;
};

/**
 * Walks all events of a project and checks the chain of their hashes. Prints the hash of the last one: whoever keeps it can tell
 * later, with `--expect`, that nothing up to there was changed or cut off.
 * @throws Failure `failed` that names the first event that does not fit
 */
export async function verifyEvents(context: CommandContext, options: VerifyEventsOptions): Promise<void> {
  const { api, print, progress } = context;
  const expected = options.expect === undefined ? undefined : parseArgument(Digest, options.expect, "--expect");
  const { id, slug } = await findProject(context, options.project);
  let head: Digest = FIRST_PREVIOUS;
  let count = 0;
  let broken: number | null = null;
  let hasExpected = expected === undefined || expected === head;
  progress.begin("Check the events");
  for await (const events of api.readEvents(id, { after: 0 })) {
    broken = await findBreak(events, head);
    if (broken !== null) break;
    head = events.at(-1)?.hash ?? head;
    count += events.length;
    hasExpected ||= events.some(({ hash }) => hash === expected);
    progress.update(formatCount(count, "event"));
  }
  const isWhole = broken === null && hasExpected;
  if (isWhole) progress.end();
  else progress.close("failed");
  if (options.json) print(JSON.stringify({ ok: isWhole, events: count, head, broken }));
  if (broken !== null) throw new Failure("failed", describeBreak(slug, broken));
  if (!hasExpected) {
    throw new Failure(
      "failed",
      `The events of ${slug} fit together, but none has the hash ${expected}.
Events were cut off at the end and written anew, or that hash is of another project.`,
    );
  }
  if (!options.json) print(head);
}

function describeBreak(slug: string, seq: number): string {
  return `The events of ${slug} do not fit together: the first that does not is number ${seq}.
It was changed, or others before it were changed, taken out or put in.`;
}
