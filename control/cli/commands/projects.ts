import type { CommandContext } from "../command-context.ts";
import { formatAge } from "../figures.ts";
import { toPrintable } from "../printable.ts";
import { parseSlugArgument } from "../project-link.ts";
import { formatTable } from "../table.ts";

export type CreateProjectOptions = { readonly slug: string; readonly name?: string; readonly json?: boolean };

export async function listProjects(
  { api, print, progress, paint, columns, now, invocation }: CommandContext,
  json: boolean,
) {
  const projects = await api.listProjects();
  if (json) return print(JSON.stringify({ projects }));
  if (projects.length === 0) return progress.say(`There are no projects yet. Make one with: ${invocation} deploy`);
  const head = ["SLUG", "AGE", "URL", "NAME"].map((text) => ({ text, paint: paint.dim }));
  const rows = projects.map(({ slug, createdAt, url, name }) => [
    { text: slug },
    { text: formatAge(createdAt, now()), paint: paint.dim },
    { text: url },
    { text: toPrintable(name) },
  ]);
  for (const line of formatTable([head, ...rows], columns)) print(line);
}

/** Prints the URL on which the project will answer, or the project as JSON. */
export async function createProject(context: CommandContext, { slug, name, json }: CreateProjectOptions) {
  const project = await context.api.createProject({
    slug: parseSlugArgument(slug),
    ...(name !== undefined && { name }),
  });
  context.progress.say(`Created the project ${project.slug}.`);
  context.print(json ? JSON.stringify(project) : project.url);
}
