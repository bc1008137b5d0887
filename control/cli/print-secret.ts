import type { CommandContext } from "./command-context.ts";
import { Failure } from "./failure.ts";

export type SecretReport = {
  readonly json?: boolean | undefined;
  readonly what: string;
  readonly next: string;
  /** What to do when the answer that showed the secret was lost. */
  readonly lost: string;
};

/** A secret that is shown once: alone on stdout, so that a pipe can take it, and never on stderr, which is logged. */
export function printSecret(
  { print, progress }: CommandContext,
  made: { readonly secret: string | null },
  { json, what, next, lost }: SecretReport,
): void {
  if (made.secret === null) {
    throw new Failure("failed", `The API made ${what}, but the answer with the secret was lost.\n${lost}`);
  }
  progress.done(`Made ${what}. Its secret is shown this once.`);
  progress.say(`    ${next}`);
  print(json ? JSON.stringify(made) : made.secret);
}
