import { Digest } from "../../schema/digest.ts";
import { FIRST_PREVIOUS } from "../../schema/event-chain.ts";
import { formatCount } from "../../schema/figures.ts";
import type { CommandContext } from "./command-context.ts";
import { Failure } from "./failure.ts";
import { parseArgument } from "./parse-argument.ts";

export type VerifyOptions = {
  /** A head that an earlier check printed. */
  readonly expect?: string;
  readonly json?: boolean;
};

export type Chain<E> = {
  /** Whose events they are, in a sentence. */
  readonly of: string;
  /** Oldest first, from the first one on. */
  readonly pages: AsyncGenerator<readonly E[], void>;
  readonly findBreak: (events: readonly E[], previous: Digest) => Promise<number | null>;
};

export function parseExpected({ expect }: VerifyOptions): Digest | undefined {
  return expect === undefined ? undefined : parseArgument(Digest, expect, "--expect");
}

/**
 * Walks all events and checks the chain of their hashes. Prints the hash of the last one: whoever keeps it can tell later, with
 * `--expect`, that nothing up to there was changed or cut off.
 * @throws Failure `failed` that names the first event that does not fit
 */
export async function verifyChain<E extends { readonly hash: Digest }>(
  { print, progress }: CommandContext,
  { of, pages, findBreak }: Chain<E>,
  expected: Digest | undefined,
  { json }: VerifyOptions,
): Promise<void> {
  let head: Digest = FIRST_PREVIOUS;
  let count = 0;
  let broken: number | null = null;
  let hasExpected = expected === undefined || expected === head;
  progress.begin("Check the events");
  for await (const events of pages) {
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
  if (json) print(JSON.stringify({ ok: isWhole, events: count, head, broken }));
  if (broken !== null) throw new Failure("failed", describeBreak(of, broken));
  if (!hasExpected) {
    throw new Failure(
      "failed",
      `The events of ${of} fit together, but none has the hash ${expected}.
Events were cut off at the end and written anew, or that hash is of something else.`,
    );
  }
  if (!json) print(head);
}

function describeBreak(of: string, seq: number): string {
  return `The events of ${of} do not fit together: the first that does not is number ${seq}.
It was changed, or others before it were changed, taken out or put in.`;
}
