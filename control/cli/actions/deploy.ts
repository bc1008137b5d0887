import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deployment } from "../../../schema/contracts/deployments.ts";
import type { Project } from "../../../schema/contracts/projects.ts";
import { formatBytes, formatCount } from "../../../schema/figures.ts";
import { withAdvice } from "../advice.ts";
import { awaitOutcome, type OutcomeOptions } from "../await-outcome.ts";
import type { CommandContext } from "../command-context.ts";
import { readCommit } from "../commit.ts";
import { Failure } from "../failure.ts";
import { ensureProject, readProjectSlug } from "../project-link.ts";
import { channelOf } from "../pull-request.ts";
import { type UploadedSource, uploadSource } from "../upload-source.ts";
import { readWorkspace, requireFolder, type Workspace } from "../workspace.ts";

export type DeployOptions = OutcomeOptions & {
  readonly folder: string;
  readonly project?: string;
  /** The preview of this pull request, instead of production. */
  readonly pr?: number;
  readonly message?: string;
  readonly fresh?: boolean;
};

/** Of the package that this CLI is part of. */
const OWN_ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Folder -> source -> deployment, and unless told otherwise, until it is live. Prints the URL, or the deployment as JSON. */
export async function deploy(context: CommandContext, options: DeployOptions): Promise<void> {
  const { progress, signal } = context;
  const startedAt = context.now();
  const root = resolve(context.cwd, options.folder);
  await requireFolder(root);
  await refuseOwnRoot(context, root);
  const slug = await readProjectSlug(root, options.project);
  progress.say(`\n  Deploying ${slug} to ${channelOf(options.pr)}\n`);

  const { project, source } = await withAdvice(signal, "Nothing was deployed.", async () => {
    const workspace = await scan(context, root);
    const { project, created } = await ensureProject(context.api, slug);
    if (created) progress.say(`    Created the project ${slug}.`);
    return { project, source: await upload(context, project, workspace) };
  });
  const started = await start(context, { project, source, root, options });
  await awaitOutcome(context, { started, slug, startedAt }, options);
}

async function refuseOwnRoot({ invocation }: CommandContext, root: string): Promise<void> {
  if ((await realpath(root)) !== (await realpath(OWN_ROOT))) return;
  throw new Failure("usage", `This is Atelier itself; name your app's folder: ${invocation} deploy ../my-app`);
}

async function scan({ progress }: CommandContext, root: string): Promise<Workspace> {
  progress.begin("Read the folder");
  const workspace = await readWorkspace(root);
  progress.end({ detail: `${formatCount(workspace.files.length, "file")}, ${formatBytes(workspace.bytes)}` });
  return workspace;
}

async function upload({ api, progress }: CommandContext, project: Project, workspace: Workspace) {
  progress.begin("Upload the source");
  const uploaded = await uploadSource(api, project.id, workspace, ({ bytes, ofBytes }) =>
    progress.update(`${formatBytes(bytes)} of ${formatBytes(ofBytes)}`),
  );
  progress.end({ detail: describeUpload(uploaded) });
  return uploaded.source;
}

function describeUpload({ sent }: UploadedSource): string {
  return sent.blobs === 0 ? "nothing new" : `${formatCount(sent.blobs, "new file")}, ${formatBytes(sent.bytes)}`;
}

async function start(
  { api, signal, invocation }: CommandContext,
  {
    project,
    source,
    root,
    options,
  }: { project: Project; source: Deployment["source"]; root: string; options: DeployOptions },
): Promise<Deployment> {
  const commit = await readCommit(root);
  const advice = `The deployment may have been started: "${invocation} list --project ${project.slug}" shows whether it was.`;
  return await withAdvice(signal, advice, () =>
    api.createDeployment(project.id, {
      source,
      channel: channelOf(options.pr),
      fresh: options.fresh === true,
      ...(options.message !== undefined && { message: options.message }),
      ...(commit && { commit }),
    }),
  );
}
