import type { CommandContext } from "../command-context.ts";
import { parseSlugArgument } from "../project-link.ts";

export type CreateProjectOptions = { readonly slug: string; readonly name?: string; readonly json?: boolean };

/** Prints the URL on which the project will answer, or the project as JSON. */
export async function createProject(context: CommandContext, { slug, name, json }: CreateProjectOptions) {
  const project = await context.api.createProject({
    slug: parseSlugArgument(slug),
    ...(name !== undefined && { name }),
  });
  context.progress.say(`Created the project ${project.slug}.`);
  context.print(json ? JSON.stringify(project) : project.url);
}
