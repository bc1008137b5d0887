import type { ProjectDetails } from "../../../schema/contracts/projects.ts";
import type { CommandContext } from "../command-context.ts";
import { type Fact, formatFacts } from "../facts.ts";
import { formatAge, formatSpan, formatTime } from "../figures.ts";
import { findNamedProject } from "../project-link.ts";
import { listSettings } from "../setting-values.ts";

/** A project with its settings, in the words in which they can be set. */
export async function showProject(context: CommandContext, slug: string, { json }: { readonly json?: boolean }) {
  const project = await findNamedProject(context, slug);
  if (json) context.print(JSON.stringify(project));
  else for (const line of formatFacts(describe(project, context), context.paint)) context.print(line);
}

function describe(project: ProjectDetails, { paint, now, invocation }: CommandContext): Fact[] {
  const { slug, deletion } = project;
  return [
    ["project", slug, paint.bold],
    ["name", project.name],
    ["id", project.id],
    ["url", project.url],
    ["created", `${formatTime(project.createdAt)} (${formatAge(project.createdAt, now())})`],
    [
      "deleted",
      deletion && `${formatTime(deletion.requestedAt)}, gone for good ${formatTime(deletion.purgeAt)}`,
      paint.red,
    ],
    ["deletion", deletion ? null : `can be taken back for ${formatSpan(project.deletionGraceSeconds)}`, paint.dim],
    ["", deletion && `bring it back with: ${invocation} projects restore ${slug}`],
    ...listSettings(project.settings).map(
      ([name, text]): Fact => [name, text ?? "the default", text === null ? paint.dim : String],
    ),
  ];
}
