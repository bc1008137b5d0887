import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deployment, LogLine } from "../../../schema/contracts/deployments.ts";
import type { Project } from "../../../schema/contracts/projects.ts";
import { shortSha } from "../../../schema/digest.ts";
import { withAdvice } from "../advice.ts";
import { createBuildProgress } from "../build-progress.ts";
import type { CommandContext } from "../command-context.ts";
import { readCommit } from "../commit.ts";
import { describeFailure } from "../describe-failure.ts";
import { Failure } from "../failure.ts";
import { formatBytes, formatCount, formatDuration } from "../figures.ts";
import { followLog } from "../follow-log.ts";
import { toPrintable } from "../printable.ts";
import { ensureProject, readProjectSlug } from "../project-link.ts";
import { channelOf } from "../pull-request.ts";
import { type UploadedSource, uploadSource } from "../upload-source.ts";
import { readWorkspace, type Workspace } from "../workspace.ts";

export type DeployOptions = {
  readonly folder: string;
  readonly project?: string;
  /** The preview of this pull request, instead of production. */
  readonly pr?: number;
  readonly message?: string;
  /** Unless false, until the deployment has settled. */
  readonly wait?: boolean;
  readonly json?: boolean;
  readonly fresh?: boolean;
  readonly verbose?: boolean;
};

type FailedDeployment = Deployment & { readonly failure: NonNullable<Deployment["failure"]> };

/** Of the package that this CLI is part of. */
const OWN_ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Folder -> source -> deployment, and unless told otherwise, until it is live. Prints the URL, or the deployment as JSON. */
export async function deploy(context: CommandContext, options: DeployOptions): Promise<void> {
  const { progress, print, signal, invocation } = context;
  const startedAt = context.now();
  const root = resolve(context.cwd, options.folder);
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
  if (options.wait === false) {
    progress.say(`\n  ${started.id} is on its way. Follow it with: ${invocation} logs -f ${started.id}\n`);
    print(options.json ? JSON.stringify(started) : started.url);
    return;
  }

  const { deployment, tail } = await watch(context, started, options.verbose === true);
  if (options.json) print(JSON.stringify(deployment));
  if (deployment.failure) {
    const failed = { ...deployment, failure: deployment.failure };
    if (!options.verbose) sayTail(context, withoutFailure(tail, failed));
    throw toFailure(context, failed);
  }
  progress.say(`\n  ${describeState(deployment, slug)} after ${formatDuration(context.now() - startedAt)}`);
  progress.say(`  ${describeBuild(deployment)}\n`);
  if (!options.json) print(deployment.url);
}

async function refuseOwnRoot({ invocation }: CommandContext, root: string): Promise<void> {
  // What is not there is refused when it is read.
  const real = await realpath(root).catch(() => null);
  if (real !== (await realpath(OWN_ROOT))) return;
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

async function watch({ api, progress, signal, invocation }: CommandContext, started: Deployment, verbose: boolean) {
  const steps = createBuildProgress(progress, started, { verbose });
  const advice = `The deployment goes on without this command. Follow it with: ${invocation} logs -f ${started.id}`;
  const { deployment } = await withAdvice(signal, advice, () =>
    followLog(api, started, { follow: true, signal, onLine: steps.line }),
  );
  steps.settle(deployment);
  return { deployment, tail: steps.tail() };
}

function sayTail({ progress }: CommandContext, tail: readonly LogLine[]): void {
  if (tail.length === 0) return;
  progress.say(`\n  The last ${tail.length === 1 ? "line" : `${tail.length} lines`} of the log:\n`);
  for (const { text } of tail) progress.say(`    ${toPrintable(text)}`);
}

/** The builder ends the log of a failed build with the failure itself, which is told after it. */
function withoutFailure(tail: readonly LogLine[], { failure }: FailedDeployment): readonly LogLine[] {
  const last = tail.at(-1);
  return last?.kind === "error" && last.text.startsWith(`${failure.reason}: `) ? tail.slice(0, -1) : tail;
}

function toFailure({ invocation }: CommandContext, { id, failure }: FailedDeployment): Failure {
  const { detail, help } = describeFailure(failure);
  const lines = [
    `${detail} (${failure.reason})`,
    ...(help ? [help] : []),
    "What was live before stays live. The whole log:",
    `${invocation} logs ${id}`,
  ];
  return new Failure("failed", lines.join("\n"), { code: failure.reason });
}

function describeState({ status, channel }: Deployment, slug: string): string {
  const states: Partial<Record<Deployment["status"], string>> = {
    live: `${slug} is live on ${channel}`,
    canary: `${slug} is a canary on ${channel} and goes on by itself`,
    superseded: `${slug} was live on ${channel} until a newer deployment took its place`,
  };
  return states[status] ?? `${slug} is ${status} on ${channel}`;
}

function describeBuild({ build, bundle, reused }: Deployment): string {
  const parts = [
    build && `build ${shortSha(build)}`,
    bundle && `${formatCount(bundle.files, "file")}, ${formatBytes(bundle.bytes)}`,
    reused && "reused, as the inputs were the same",
  ];
  return parts.filter(Boolean).join(" · ");
}
