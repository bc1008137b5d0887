/** The steps from a staged source to a bundle, in the order of the log. */
import { join } from "node:path";
import type { AtelierConfig } from "../schema/contracts/atelier-config.ts";
import type { BuildSettings } from "../schema/contracts/project-settings.ts";
import type { Digest } from "../schema/digest.ts";
import { formatBytes, formatCount } from "../schema/figures.ts";
import { detectFramework } from "../schema/frameworks.ts";
import { DEFAULT_HTML_HANDLING } from "../schema/html-handling.ts";
import { ok, type Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import type { Variable } from "../schema/variable.ts";
import { filesOfApp, findAppFolder } from "./app-folder.ts";
import { collectOutput } from "./collect.ts";
import { compileApp } from "./compile.ts";
import { readConfig } from "./config.ts";
import { encodeFiles } from "./encode.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { installDependencies } from "./install.ts";
import { refuseLeaks } from "./leak-gate.ts";
import { findOutputFolder } from "./output-folder.ts";
import { type Bundle, packBundle } from "./pack.ts";
import { packagesOf, readPackageJson } from "./package-json.ts";
import { readPageLinks } from "./page-links.ts";
import { compileRules } from "./rules/compile-rules.ts";
import { type BuildContext, describeGone } from "./run-command.ts";
import { classifyValues, describeVariables } from "./searched-values.ts";
import { leaveOut, META_FILES, readMetaFile } from "./unpublished.ts";

export type BuildInputs = {
  readonly source: Digest;
  readonly env: Digest;
  readonly variables: readonly Variable[];
  readonly settings: BuildSettings;
  readonly files: readonly SourceFile[];
};

export type Built = { readonly bundle: Bundle; readonly config: AtelierConfig };

export async function buildStagedSource(
  context: BuildContext,
  inputs: BuildInputs,
): Promise<Result<Built, BuildFailure>> {
  const { folders, limits, log } = context;
  const { settings } = inputs;
  const files = filesOfApp(inputs.files, settings.root);

  log.step("config");
  if (files.length === 0) return fail("root_missing", `The source has no folder ${settings.root} with files in it.`);
  const config = await readConfig(context, files);
  if (!config.ok) return config;
  // Who writes code says it last: the config lies beside what it builds.
  const build = config.value.build;

  log.step("install");
  const packageJson = await readPackageJson(folders, files);
  if (!packageJson.ok && packageJson.failure.reason === "package_json_missing") return packageJson;
  const installed = await installDependencies(context, inputs.files, settings.installCommand);
  // Only now: `install_failed` promises npm's own words in the log.
  if (!packageJson.ok) return packageJson;
  if (!installed.ok) return installed;

  log.step("build");
  const framework = detectFramework(packagesOf(packageJson.value));
  const values = classifyValues(inputs.variables, framework);
  for (const note of describeVariables(values, framework)) log.note(note);
  const compiled = await compileApp(
    context,
    build?.command ?? settings.command ?? undefined,
    packageJson.value,
    inputs.variables,
  );
  if (!compiled.ok) return compiled;

  log.step("collect");
  const app = await findAppFolder(folders);
  if (app === null) return fail("output_missing", describeGone(folders));
  const paths = files.map(({ path }) => path);
  const folder = await findOutputFolder(app, build?.output ?? settings.output ?? undefined, paths);
  if (!folder.ok) return folder;
  const output = await collectOutput(folder.value, limits);
  if (!output.ok) return output;
  const serving = config.value.serving;
  const ignoreText = await readMetaFile(output.value, META_FILES.ignore);
  const published = leaveOut(output.value, { ignoreText, sourceMaps: serving?.sourceMaps ?? false });
  for (const note of published.notes) log.note(note);
  if (published.files.length === 0) return fail("output_empty", "The output folder has no files to publish.");
  // What the instructions to the platform say ends up in answers, too.
  const instructions = output.value.filter(({ path }) => path === META_FILES.headers || path === META_FILES.redirects);
  const clean = await refuseLeaks([...published.files, ...instructions], values.searched);
  if (!clean.ok) return clean;
  if (values.searched.length > 0) log.note(`Searched the output for ${formatCount(values.searched.length, "value")}.`);
  const html = serving?.htmlHandling ?? DEFAULT_HTML_HANDLING;
  const publishedPaths = new Set<string>(published.files.map(({ path }) => path));
  const texts = {
    redirects: await readMetaFile(output.value, META_FILES.redirects),
    headers: await readMetaFile(output.value, META_FILES.headers),
  };
  const compiledRules = compileRules(texts, { html, hasFile: (path) => publishedPaths.has(path) });
  for (const note of compiledRules.notes) log.note(note);
  const bundle = await packBundle(published.files, {
    ...inputs,
    sourceFiles: inputs.files,
    html,
    rules: compiledRules.rules,
    encoded: await encodeFiles(published.files, join(folders.root, "encoded"), context.signal),
    links: await readPageLinks(published.files),
  });
  log.note(`The bundle has ${formatCount(bundle.files.length, "file")}, ${formatBytes(bundle.bytes)}.`);
  return ok({ bundle, config: config.value });
}
