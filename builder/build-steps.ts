/** The steps from a staged source to a bundle, in the order of the log. */
import type { AtelierConfig } from "../schema/contracts/atelier-config.ts";
import type { Digest } from "../schema/digest.ts";
import { ok, type Result } from "../schema/result.ts";
import type { SourceFile } from "../schema/source.ts";
import { collectOutput } from "./collect.ts";
import { compileApp } from "./compile.ts";
import { readConfig } from "./config.ts";
import type { BuildFailure } from "./failure.ts";
import { installDependencies } from "./install.ts";
import { findOutputFolder } from "./output-folder.ts";
import { type Bundle, packBundle } from "./pack.ts";
import { readPackageJson } from "./package-json.ts";
import type { BuildContext } from "./run-command.ts";

export type BuildInputs = {
  readonly source: Digest;
  readonly env: Digest;
  readonly files: readonly SourceFile[];
};

export type Built = { readonly bundle: Bundle; readonly config: AtelierConfig };

export async function buildStagedSource(
  context: BuildContext,
  inputs: BuildInputs,
): Promise<Result<Built, BuildFailure>> {
  const { folders, limits, log } = context;
  const { files } = inputs;

  log.step("config");
  const config = await readConfig(context, files);
  if (!config.ok) return config;

  log.step("install");
  const packageJson = await readPackageJson(folders.workspace, files);
  if (!packageJson.ok && packageJson.failure.reason === "package_json_missing") return packageJson;
  const installed = await installDependencies(context, files);
  // Only now: `install_failed` promises npm's own words in the log.
  if (!packageJson.ok) return packageJson;
  if (!installed.ok) return installed;

  log.step("build");
  const compiled = await compileApp(context, config.value, packageJson.value);
  if (!compiled.ok) return compiled;

  log.step("collect");
  const paths = files.map(({ path }) => path);
  const folder = await findOutputFolder(folders.workspace, config.value.build?.output, paths);
  if (!folder.ok) return folder;
  const output = await collectOutput(folder.value, limits);
  if (!output.ok) return output;
  const bundle = await packBundle(output.value, { ...inputs, sourceFiles: files });
  log.note(`The bundle has ${bundle.files.length} files, ${bundle.bytes} bytes.`);
  return ok({ bundle, config: config.value });
}
