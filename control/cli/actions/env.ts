/** Environment variables of a project: `atelier env`. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { ChangeVariables, type EnvState, type EnvVariable } from "../../../schema/contracts/env-vars.ts";
import { ENVIRONMENTS, type Environment } from "../../../schema/environment.ts";
import { formatCount } from "../../../schema/figures.ts";
import { detectFramework, type Framework, publishes } from "../../../schema/frameworks.ts";
import { parseJson } from "../../../schema/parse-json.ts";
import { MIN_SEARCHED_BYTES, type Visibility } from "../../../schema/variable.ts";
import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { formatDotenv, parseDotenv } from "../dotenv.ts";
import { Failure } from "../failure.ts";
import { formatAge } from "../figures.ts";
import { parseArgument, parseChoice } from "../parse-argument.ts";
import { printList } from "../print-list.ts";
import { findProject } from "../project-link.ts";

export type EnvOptions = { readonly project?: string; readonly environment?: string; readonly json?: boolean };
export type SetOptions = EnvOptions & { readonly secret?: boolean; readonly public?: boolean };

export async function listVariables(context: CommandContext, options: EnvOptions): Promise<void> {
  const { api, paint, now, invocation } = context;
  const environment = readEnvironment(options);
  const { id, slug } = await findProject(context, options.project);
  const state = await api.listVariables(id, environment);
  if (options.json) return context.print(JSON.stringify(state));
  const framework = await readFramework(context.cwd);
  const view = {
    name: "variables",
    head: ["NAME", "VISIBILITY", "SET BY", "AGE", "NOTES"],
    row: (variable: EnvVariable) => [
      { text: variable.name },
      { text: variable.visibility },
      { text: variable.updatedBy },
      { text: formatAge(variable.updatedAt, now()), paint: paint.dim },
      { text: notesOf(variable, framework).join("; "), paint: variable.lost ? paint.red : String },
    ],
    none: `${environment} of ${slug} has no variables. Set one with: ${invocation} env set NAME=value -p ${slug}`,
  };
  printList(context, { items: state.variables, next: null }, view, {});
}

/** @param assignments `NAME=value` each; or one `NAME`, whose value comes on stdin */
export async function setVariables(
  context: CommandContext,
  assignments: readonly string[],
  options: SetOptions,
  stdin: NodeJS.ReadStream,
): Promise<void> {
  const given = await readAssignments(assignments, stdin);
  await change(context, options, { set: given.map((one) => ({ ...one, ...visibilityOf(options) })) });
}

export async function removeVariables(
  context: CommandContext,
  names: readonly string[],
  options: EnvOptions,
): Promise<void> {
  await change(context, options, { remove: [...names] });
}

/** Sets all that a dotenv file has. `-` is stdin. */
export async function importVariables(
  context: CommandContext,
  file: string,
  options: SetOptions,
  stdin: NodeJS.ReadStream,
): Promise<void> {
  const content = file === "-" ? await text(stdin) : await readText(file);
  const variables = parseDotenv(content);
  if (variables.length === 0)
    throw new Failure("usage", `${file} has no variables. A line of it looks like NAME=value.`);
  await change(context, options, { set: variables.map((one) => ({ ...one, ...visibilityOf(options) })) });
}

/** The variables as dotenv text, on stdout or in a file that only its owner can read. */
export async function pullVariables(
  context: CommandContext,
  file: string | undefined,
  options: EnvOptions,
): Promise<void> {
  const { api, print, progress } = context;
  const environment = readEnvironment(options);
  const { id, slug } = await findProject(context, options.project);
  const values = await api.readVariables(id, environment);
  if (options.json) return print(JSON.stringify(values));
  const left: string[] = [];
  const lines = values.variables.map(({ name, value }) => {
    const line = value === null ? null : formatDotenv({ name, value });
    if (line === null) left.push(name);
    if (value === null) return `# ${name} is secret: its value is not given back.`;
    return line ?? `# ${name} can not be written in a dotenv file; --json shows it.`;
  });
  if (left.length > 0) progress.say(`Left out: ${left.join(", ")}. What is secret is never given back.`);
  if (file === undefined) for (const line of lines) print(line);
  else {
    await writeFile(file, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    const count = formatCount(lines.length - left.length, "variable");
    progress.done(`Wrote ${count} of ${environment} of ${slug} to ${file}`);
  }
}

export async function resealVariables(context: CommandContext, options: EnvOptions): Promise<void> {
  const { api, signal, invocation, progress, print } = context;
  const { id, slug } = await findProject(context, options.project);
  const advice = `Nothing is lost; do it again: ${invocation} env reseal -p ${slug}`;
  const report = await withAdvice(signal, advice, () => api.resealVariables(id));
  const { key, resealed, lost, lostKeys } = report;
  progress.done(`${formatCount(resealed, "value")} of ${slug} closed anew with the key ${key}`);
  if (lost > 0)
    progress.say(`  ${formatCount(lost, "value")} can not be read: the key ${lostKeys.join(", ")} is not there.`);
  if (options.json) print(JSON.stringify(report));
}

async function change(context: CommandContext, options: EnvOptions, wish: z.input<typeof ChangeVariables>) {
  const { api, signal, invocation, progress, print } = context;
  const environment = readEnvironment(options);
  const body = parseArgument(ChangeVariables, wish, "The change");
  const { id, slug } = await findProject(context, options.project);
  const advice = `What is there now: ${invocation} env list -e ${environment} -p ${slug}`;
  const state = await withAdvice(signal, advice, () => api.changeVariables(id, environment, body));
  progress.done(`${describeChange(body)} of ${environment} of ${slug}. The next deployment gets what is there then.`);
  for (const note of await notesOn(context, state, body)) progress.say(`    ${note}`);
  if (options.json) print(JSON.stringify(state));
}

function describeChange({ set, remove }: ChangeVariables): string {
  const done = [
    ...(set.length > 0 ? [`Set ${formatCount(set.length, "variable")}`] : []),
    ...(remove.length > 0 ? [`Removed ${formatCount(remove.length, "variable")}`] : []),
  ];
  return done.join(", ") || "Nothing to change";
}

/** What people should know of the variables that they have set. */
async function notesOn({ cwd }: CommandContext, state: EnvState, { set }: ChangeVariables): Promise<string[]> {
  const framework = await readFramework(cwd);
  const names = new Set(set.map(({ name }) => name));
  return state.variables
    .filter(({ name }) => names.has(name))
    .map((variable) => [variable.name, notesOf(variable, framework).join("; ")] as const)
    .filter(([, notes]) => notes !== "")
    .map(([name, notes]) => `${name}: ${notes}`);
}

function notesOf(variable: EnvVariable, framework: Framework | null): string[] {
  const { name, visibility, searched, publishedBy, lost } = variable;
  const isPublished = framework ? publishes(framework, name) : publishedBy.length > 0;
  const who = framework?.name ?? publishedBy.join(", ");
  if (lost) return ["its key is lost: set it again, or bring the key back"];
  if (isPublished && visibility === "secret")
    return [`${who} puts it into the browser's code, and being secret it will stop the deployment there`];
  return [
    ...(isPublished ? [`${who} puts it into the browser's code: everybody can read it`] : []),
    ...(!searched && visibility !== "public" && !isPublished
      ? [`leaks are not looked for: its value is shorter than ${MIN_SEARCHED_BYTES} bytes, or an ordinary word`]
      : []),
  ];
}

async function readAssignments(assignments: readonly string[], stdin: NodeJS.ReadStream) {
  const [only = ""] = assignments;
  if (assignments.length === 1 && !only.includes("=")) {
    if (stdin.isTTY) {
      throw new Failure(
        "usage",
        `Give ${only}=value, or pipe the value in: it is read from stdin, not from the keyboard.`,
      );
    }
    // The end of line that `echo` adds is not meant.
    return [{ name: only, value: (await text(stdin)).replace(/\r?\n$/, "") }];
  }
  return assignments.map((assignment) => {
    const [, name = "", value] = /^([^=]*)=(.*)$/s.exec(assignment) ?? [];
    if (value === undefined) throw new Failure("usage", `"${assignment}" sets nothing. Write NAME=value.`);
    return { name, value };
  });
}

function visibilityOf(options: SetOptions): { visibility?: Visibility } {
  if (options.secret) return { visibility: "secret" };
  return options.public ? { visibility: "public" } : {};
}

function readEnvironment({ environment = "production" }: EnvOptions): Environment {
  return parseChoice(ENVIRONMENTS, environment, "environment");
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Failure("usage", `${file} can not be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
}

const Dependencies = z.object({
  dependencies: z.record(z.string(), z.unknown()).default({}),
  devDependencies: z.record(z.string(), z.unknown()).default({}),
});

/** Of the app in this folder, if there is one. */
async function readFramework(folder: string): Promise<Framework | null> {
  const content = await readFile(join(folder, "package.json"), "utf8").catch(() => "");
  const parsed = Dependencies.safeParse(parseJson(content));
  if (!parsed.success) return null;
  const { dependencies, devDependencies } = parsed.data;
  return detectFramework(new Set(Object.keys({ ...dependencies, ...devDependencies })));
}
