/**
 * Step `config`: `atelier.config.*` is code, so it is evaluated in the sandbox; what comes out is data from an untrusted
 * place and is validated here. It is evaluated before the install, so it can import files of the project but no packages.
 */
import { join } from "node:path";
import { z } from "zod";
import { AtelierConfig } from "../schema/contracts/atelier-config.ts";
import { parseJson } from "../schema/parse-json.ts";
import { ok, type Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { createBuildEnv } from "./build-env.ts";
import { explainConfigExit } from "./config-exit.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { describeIssues } from "./issues.ts";
import { readRegularFile } from "./regular-file.ts";
import { type BuildContext, runCommand } from "./run-command.ts";

const CONFIG_FILES: readonly string[] = ["ts", "mts", "js", "mjs"].map((type) => `atelier.config.${type}`);
const MAX_TIME_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const ANSWER_FILE = "answer.json";

/** `files` are those of the app's folder. */
export async function readConfig(
  context: BuildContext,
  files: readonly SourceFile[],
): Promise<Result<AtelierConfig, BuildFailure>> {
  const [file, other] = CONFIG_FILES.filter((candidate) => files.some(({ path }) => path === candidate));
  if (file === undefined) return ok({});
  if (other !== undefined) return fail("config_invalid", `There are ${file} and ${other}; keep one of them.`);
  // As it is in the source, for messages.
  const name = join(context.folders.appRoot ?? "", file);
  const inside = context.sandbox.inside(context.folders);
  const ran = await runCommand(context, {
    label: `node ${name}`,
    argv: [
      inside.node,
      "--disable-warning=ExperimentalWarning",
      "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
      inside.configEvaluator,
      join(inside.workspace, name),
      join(inside.config, ANSWER_FILE),
    ],
    env: createBuildEnv(inside, context.packageManagerEnv),
    timeoutMs: Math.min(MAX_TIME_MS, context.limits.timeoutMs),
    failure: "config_invalid",
    explainExit: (code, stderr) => explainConfigExit({ name, workspace: inside.workspace, code, stderr }),
  });
  if (!ran.ok) return ran;
  const answer = await readRegularFile(join(context.folders.config, ANSWER_FILE), MAX_ANSWER_BYTES);
  if (answer === null) return fail("config_invalid", `${name} ended the process or exports too much.`);
  return parseConfigAnswer(name, answer.toString(), inside.workspace);
}

const Answer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("value"), json: z.string() }),
  z.object({ kind: z.literal("no-default") }),
  z.object({ kind: z.literal("error"), code: z.string(), message: z.string() }),
]);

/** A natural thing to write, for which the schema of paths has no words of its own. */
const WholeProjectAsOutput = z.object({ build: z.object({ output: z.enum([".", "./"]) }) });

/** What the evaluator wrote, as a config or as the reason why there is none. Pure. */
export function parseConfigAnswer(name: string, text: string, workspace: string): Result<AtelierConfig, BuildFailure> {
  const answer = Answer.safeParse(parseJson(text));
  if (!answer.success) return fail("config_invalid", `${name} could not be evaluated.`);
  switch (answer.data.kind) {
    case "no-default":
      return fail("config_invalid", `${name} has no default export.`);
    case "error":
      return fail("config_invalid", `${name}: ${explainError(answer.data.code, answer.data.message, workspace)}`);
    case "value": {
      const value = parseJson(answer.data.json);
      if (WholeProjectAsOutput.safeParse(value).success) {
        return fail("config_invalid", `${name}: build.output: must be a folder below the project`);
      }
      const config = AtelierConfig.safeParse(value);
      if (config.success) return ok(config.data);
      return fail("config_invalid", `${name}: ${describeIssues(config.error, "default export")}`);
    }
    default:
      return answer.data satisfies never;
  }
}

function explainError(code: string, message: string, workspace: string): string {
  const text = message.replaceAll(`file://${workspace}/`, "").replaceAll(`${workspace}/`, "");
  if (code !== "ERR_MODULE_NOT_FOUND" || !text.startsWith("Cannot find package")) return text;
  return `${text}. The config is evaluated before the dependencies are installed, so it can not import packages.`;
}
