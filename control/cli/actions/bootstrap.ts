import { text } from "node:stream/consumers";
import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { printSecret } from "../print-secret.ts";

export type BootstrapOptions = { readonly name: string; readonly json?: boolean };

const SECRET_VARIABLE = "ATELIER_BOOTSTRAP_SECRET";

/** Makes the first token of an installation. Its bearer is the bootstrap secret. */
export async function bootstrap(context: CommandContext, { name, json }: BootstrapOptions): Promise<void> {
  const { api, signal, invocation } = context;
  const advice = `A token may have been made that nobody has. The same command again gives it a fresh secret.`;
  const made = await withAdvice(signal, advice, () => api.bootstrap({ name }));
  printSecret(context, made, {
    json,
    what: `the token ${made.id}, which may do everything`,
    next: `Set it as ATELIER_TOKEN, and make narrower ones with it: ${invocation} tokens create --help`,
    lost: "The same command again gives it a fresh one, as long as nobody has used it.",
  });
}

/**
 * From the environment or from stdin: what stands on a command line ends in the shell's history, and everybody on the machine
 * can read it.
 * @throws Failure `usage` when there is none
 */
export async function readBootstrapSecret(
  { secretStdin }: { readonly secretStdin?: boolean },
  env: NodeJS.ProcessEnv,
  stdin: NodeJS.ReadStream,
): Promise<string> {
  if (secretStdin && stdin.isTTY) {
    throw new Failure(
      "usage",
      "--secret-stdin reads a pipe or a file, not the keyboard, where the secret would be seen.",
    );
  }
  const secret = (secretStdin ? await text(stdin) : (env[SECRET_VARIABLE] ?? "")).trim();
  // Anything else can not stand in a header.
  if (/^[\x21-\x7e]+$/.test(secret)) return secret;
  if (secret !== "") throw new Failure("usage", "The bootstrap secret has spaces or characters that are not ASCII.");
  throw new Failure(
    "usage",
    secretStdin
      ? "There was no bootstrap secret on stdin."
      : `There is no bootstrap secret. Set ${SECRET_VARIABLE}, or pipe it in with --secret-stdin.`,
  );
}
