import { type Command, Option } from "commander";
import type { EnvOptions, SetOptions } from "../actions/env.ts";
import { declareGroup, jsonOption, projectOption, type Run } from "../declare.ts";

function environmentOption(): Option {
  return new Option("-e, --environment <name>", "production or preview").default("production");
}

function visibilityOptions(command: Command): Command {
  return command
    .option("--secret", "never give the value back to anybody")
    .addOption(new Option("--public", "it may stand in what the build writes").conflicts("secret"));
}

/** Variables of builds and Functions. */
export function declareEnv(program: Command, run: Run): void {
  const env = declareGroup(program, "env", "environment variables, for production and for previews");

  env
    .command("list", { isDefault: true })
    .description("the variables of an environment, without their values (the default)")
    .addOption(environmentOption())
    .addOption(projectOption())
    .addOption(jsonOption("print them as JSON"))
    .action(
      run<EnvOptions>(async (context, options) => {
        const { listVariables } = await import("../actions/env.ts");
        await listVariables(context, options);
      }),
    );

  visibilityOptions(env.command("set"))
    .description("set variables; with one NAME alone its value comes on stdin, and in no shell's history")
    .argument("<NAME=value...>", "like DATABASE_URL=postgres://...")
    .addOption(environmentOption())
    .addOption(projectOption())
    .addOption(jsonOption("print the environment"))
    .action(
      run<SetOptions>(async (context, options, assignments) => {
        const { setVariables } = await import("../actions/env.ts");
        await setVariables(context, assignments, options, process.stdin);
      }),
    );

  env
    .command("rm")
    .description("remove variables")
    .argument("<NAME...>", "as the list shows them")
    .addOption(environmentOption())
    .addOption(projectOption())
    .addOption(jsonOption("print the environment"))
    .action(
      run<EnvOptions>(async (context, options, names) => {
        const { removeVariables } = await import("../actions/env.ts");
        await removeVariables(context, names, options);
      }),
    );

  env
    .command("pull")
    .description("print the variables as dotenv text, or write them to a file; secret ones are left out")
    .argument("[file]", "like .env.local")
    .addOption(environmentOption())
    .addOption(projectOption())
    .addOption(jsonOption("print them as JSON"))
    .action(
      run<EnvOptions>(async (context, options, [file]) => {
        const { pullVariables } = await import("../actions/env.ts");
        await pullVariables(context, file, options);
      }),
    );

  visibilityOptions(env.command("import"))
    .description("set all variables of a dotenv file; - is stdin")
    .argument("<file>", "like .env.production")
    .addOption(environmentOption())
    .addOption(projectOption())
    .addOption(jsonOption("print the environment"))
    .action(
      run<SetOptions>(async (context, options, [file = "-"]) => {
        const { importVariables } = await import("../actions/env.ts");
        await importVariables(context, file, options, process.stdin);
      }),
    );

  env
    .command("reseal")
    .description("encrypt all values with the newest key, after the operator has put one first")
    .addOption(projectOption())
    .addOption(jsonOption("print the report"))
    .action(
      run<EnvOptions>(async (context, options) => {
        const { resealVariables } = await import("../actions/env.ts");
        await resealVariables(context, options);
      }),
    );
}
