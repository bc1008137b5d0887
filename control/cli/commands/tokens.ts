import { type Command, Option } from "commander";
import type { BootstrapOptions } from "../actions/bootstrap.ts";
import type { TokenEventsOptions } from "../actions/token-events.ts";
import type { CreateTokenOptions, ListTokensOptions, RevokeTokenOptions } from "../actions/tokens.ts";
import { declareGroup, type Json, jsonOption, type Run, reasonOption, repeatableOption } from "../declare.ts";

/** Who may do what, for how long. */
export function declareTokens(program: Command, run: Run): void {
  program.commandsGroup("Access:");
  const tokens = declareGroup(program, "tokens", "who may do what, for how long");

  tokens
    .command("list", { isDefault: true })
    .description("all tokens, newest first (the default)")
    .option("-p, --project <slug>", "only those that are bound to this project")
    .option("--active", "only those that are neither revoked nor expired")
    .addOption(jsonOption("print them as JSON"))
    .action(
      run<ListTokensOptions>(async (context, options) => {
        const { listTokens } = await import("../actions/tokens.ts");
        await listTokens(context, options);
      }),
    );

  tokens
    .command("create")
    .description("make a token, and print it: it is shown this once")
    .requiredOption("--name <text>", "what history shows for what is done with it")
    .addOption(
      repeatableOption("--scope <scope>", "read, deploy, promote or admin; may be repeated").makeOptionMandatory(),
    )
    .addOption(repeatableOption("--project <slug>", "only for this project; may be repeated (default: for all)"))
    .option("--expires <when>", "90d, 12h, 8w, or a time like 2027-03-31 (default: never)")
    .addOption(reasonOption("why; it goes into the history of tokens"))
    .addOption(jsonOption("print the token and all about it"))
    .action(
      run<CreateTokenOptions>(async (context, options) => {
        const { createToken } = await import("../actions/tokens.ts");
        await createToken(context, options);
      }),
    );

  tokens
    .command("revoke")
    .description("end a token")
    .argument("<token>", "its id, as the list shows it")
    .addOption(reasonOption("why; it goes into the history of tokens"))
    .addOption(jsonOption("print the revoked token"))
    .action(
      run<RevokeTokenOptions>(async (context, options, [token = ""]) => {
        const { revokeToken } = await import("../actions/tokens.ts");
        await revokeToken(context, token, options);
      }),
    );

  tokens
    .command("events")
    .description("who made or revoked which token, when and why, oldest first")
    .addOption(new Option("--of <token>", "only what happened to this one, by its id").conflicts("verify"))
    .option("--verify", "check the chain of all these events' hashes, and print the hash of the last one")
    .addOption(
      new Option("--expect <hash>", "with --verify: one that it printed before, which must still be there").implies({
        verify: true,
      }),
    )
    .addOption(jsonOption("print the events as NDJSON, or what the check found"))
    .action(
      run<TokenEventsOptions>(async (context, options) => {
        const { tokenEvents } = await import("../actions/token-events.ts");
        await tokenEvents(context, options);
      }),
    );

  program
    .command("whoami")
    .description("the token in use, and what it may do")
    .addOption(jsonOption("print the token without its secret"))
    .action(
      run<Json>(async (context, options) => {
        const { whoami } = await import("../actions/tokens.ts");
        await whoami(context, options);
      }),
    );

  program
    .command("bootstrap")
    .description("make the first token of an installation, and print it")
    .requiredOption("--name <text>", "what history shows for what is done with it")
    .option("--secret-stdin", "read the bootstrap secret from stdin, not from $ATELIER_BOOTSTRAP_SECRET")
    .addOption(jsonOption("print the token and all about it"))
    .action(
      run<BootstrapOptions & { readonly secretStdin?: boolean }>(
        async (context, options) => {
          const { bootstrap } = await import("../actions/bootstrap.ts");
          await bootstrap(context, options);
        },
        async (options) => {
          const { readBootstrapSecret } = await import("../actions/bootstrap.ts");
          return readBootstrapSecret(options, process.env, process.stdin);
        },
      ),
    );
}
