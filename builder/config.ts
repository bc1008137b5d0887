/**
 * Step `config`: `atelier.config.*` is code, so it is evaluated in the sandbox; what comes out is data from an untrusted
 * place and is validated here. It is evaluated before the install, so it can import files of the project but no packages.
 */
import { join } from "node:path";
import { z } from "zod";
import { AtelierConfig } from "../schema/contracts/atelier-config.ts";
import { ok, type Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { createBuildEnv } from "./build-env.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { readRegularFile } from "./regular-file.ts";
import { type BuildContext, runCommand } from "./run-command.ts";

const CONFIG_FILES: readonly string[] = ["ts", "mts", "js", "mjs"].map((type) => `atelier.config.${type}`);
const MAX_TIME_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const ANSWER_FILE = "answer.json";

export async function readConfig(
  context: BuildContext,
  files: readonly SourceFile[],
): Promise<Result<AtelierConfig, BuildFailure>> {
  const [name, other] = CONFIG_FILES.filter((candidate) => files.some(({ path }) => path === candidate));
  if (name === undefined) return ok({});
  if (other !== undefined) return fail("config_invalid", `There are ${name} and ${other}; keep one of them.`);
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
      const config = AtelierConfig.safeParse(parseJson(answer.data.json));
      if (config.success) return ok(config.data);
      return fail(
        "config_invalid",
        `${name}: ${config.error.issues.flatMap((issue) => describeIssue(issue, [])).join("; ")}`,
      );
    }
    default:
      return answer.data satisfies never;
  }
}

function explainError(code: string, message: string, workspace: string): string {
  const text = message.replaceAll(`${workspace}/`, "");
  if (code !== "ERR_MODULE_NOT_FOUND" || !text.startsWith("Cannot find package")) return text;
  return `${text}. The config is evaluated before the dependencies are installed, so it can not import packages.`;
}

type Issue = z.core.$ZodIssue;

/** "path: message". Of a union's alternatives, the one that came furthest: it is what was meant. */
function describeIssue(issue: Issue, base: readonly PropertyKey[]): string[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const depth = (issues: readonly Issue[]) =>
      Math.max(...issues.map((inner) => inner.path.length + issueWeight(inner)));
    const meant = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    return meant.flatMap((inner) => describeIssue(inner, path));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${[...path, key].map(String).join(".")}: is not a known field`);
  }
  return [`${path.map(String).join(".") || "default export"}: ${issue.message}`];
}

/** An unknown field lies one level below the object that is named as its path. */
function issueWeight(issue: Issue): number {
  return issue.code === "unrecognized_keys" ? 1 : 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
