import type { ProjectDetails } from "../../../schema/contracts/projects.ts";
import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { formatTime } from "../figures.ts";
import { toPrintable } from "../printable.ts";
import { findNamedProject } from "../project-link.ts";
import { listSettings, parseSettings } from "../setting-values.ts";

type Json = { readonly json?: boolean };
export type EndProjectOptions = Json & { readonly slug: string; readonly reason?: string; readonly confirm?: string };

/** The slug stays: host names are made of it. */
export async function renameProject(context: CommandContext, slug: string, name: string, options: Json): Promise<void> {
  const { api } = context;
  const project = await findNamedProject(context, slug);
  const renamed = await change(context, project, () => api.updateProject(project.id, { name }));
  report(context, renamed, `${renamed.slug} is called "${toPrintable(renamed.name)}" now.`, options);
}

/** @param assignments `name=value` each; `name=` for the default */
export async function setProject(
  context: CommandContext,
  slug: string,
  assignments: readonly string[],
  options: Json,
): Promise<void> {
  const { api } = context;
  const settings = parseSettings(assignments);
  const project = await findNamedProject(context, slug);
  const changed = await change(context, project, () => api.updateProject(project.id, { settings }));
  const named = new Set(assignments.map((assignment) => assignment.split("=", 1)[0]));
  const values = listSettings(changed.settings).filter(([name]) => named.has(name));
  const sentence = values
    .map(([name, text]) => `${name} is ${text === null ? "the default" : toPrintable(text)}`)
    .join(", ");
  report(context, changed, `${sentence}. Deployments from now on take it.`, options);
}

export async function deleteProject(context: CommandContext, options: EndProjectOptions): Promise<void> {
  const { api, invocation } = context;
  const { slug, reason, confirm } = options;
  if (confirm !== slug) {
    throw new Failure(
      "usage",
      [
        confirm === undefined
          ? `Nothing was deleted.`
          : `Nothing was deleted: --confirm says "${confirm}", not "${slug}".`,
        `To delete ${slug}: ${invocation} projects delete ${slug} --confirm ${slug}`,
        "All its URLs stop answering, and what is being deployed is cancelled. For the time that",
        `"${invocation} projects show ${slug}" says, "${invocation} projects restore ${slug}" brings it back; after that all its data is removed.`,
      ].join("\n"),
    );
  }
  const project = await findNamedProject(context, slug);
  const deleted = await change(context, project, () => api.deleteProject(project.id, reason));
  const until = deleted.deletion ? ` Until ${formatTime(deleted.deletion.purgeAt)} it can be brought back` : "";
  report(context, deleted, `Deleted ${slug}.${until}: ${invocation} projects restore ${slug}`, options);
}

export async function restoreProject(context: CommandContext, options: EndProjectOptions): Promise<void> {
  const { api } = context;
  const { slug, reason } = options;
  const project = await findNamedProject(context, slug);
  const restored = await change(context, project, () =>
    api.restoreProject(project.id, { ...(reason !== undefined && { reason }) }),
  );
  report(context, restored, `${slug} is back, and answers at ${restored.url}`, options);
}

function change(
  { signal, invocation }: CommandContext,
  { slug }: ProjectDetails,
  action: () => Promise<ProjectDetails>,
): Promise<ProjectDetails> {
  return withAdvice(signal, `How it is now: ${invocation} projects show ${slug}`, action);
}

function report({ progress, print }: CommandContext, project: ProjectDetails, sentence: string, { json }: Json): void {
  progress.done(sentence);
  if (json) print(JSON.stringify(project));
}
