import type { Project } from "../../../schema/contracts/projects.ts";
import { wholeList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { formatAge, formatTime } from "../figures.ts";
import { printList } from "../print-list.ts";
import { toPrintable } from "../printable.ts";

export async function listProjects(context: CommandContext, options: { readonly json?: boolean }): Promise<void> {
  const { api, paint, now, invocation } = context;
  const view = {
    name: "projects",
    head: ["SLUG", "AGE", "URL", "NAME"],
    row: ({ slug, createdAt, url, name, deletion }: Project) => [
      { text: slug },
      { text: formatAge(createdAt, now()), paint: paint.dim },
      deletion ? { text: `deleted, gone for good ${formatTime(deletion.purgeAt)}`, paint: paint.red } : { text: url },
      { text: toPrintable(name) },
    ],
    none: `There are no projects yet. Make one with: ${invocation} deploy`,
  };
  printList(context, await wholeList(api.listProjects()), view, options);
}
