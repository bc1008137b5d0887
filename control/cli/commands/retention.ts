import type { Command } from "commander";
import type { GcOptions } from "../actions/gc.ts";
import { jsonOption, projectOption, type Run } from "../declare.ts";

/** What is kept and why, and what a sweep removes. */
export function declareRetention(program: Command, run: Run): void {
  program
    .command("gc")
    .description("remove now what retention keeps no longer; it also happens daily")
    .addOption(projectOption())
    .option("--plan", "show what would go and what stays, and why, and remove nothing")
    .addOption(jsonOption("print the plan, or what the sweep did"))
    .action(
      run<GcOptions & { readonly plan?: boolean }>(async (context, options) => {
        const { gc, planGc } = await import("../actions/gc.ts");
        await (options.plan ? planGc(context, options) : gc(context, options));
      }),
    );
}
