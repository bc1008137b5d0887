import { wholeList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { formatAge } from "../figures.ts";
import { toPrintable } from "../printable.ts";
import { formatTable } from "../table.ts";

export async function listProjects(context: CommandContext, { json }: { readonly json?: boolean }): Promise<void> {
  const { api, print, progress, paint, columns, now, invocation } = context;
  const { items, next } = await wholeList(api.listProjects());
  if (json) return print(JSON.stringify({ projects: items, next }));
  if (items.length === 0) return progress.say(`There are no projects yet. Make one with: ${invocation} deploy`);
  const head = ["SLUG", "AGE", "URL", "NAME"].map((text) => ({ text, paint: paint.dim }));
  const rows = items.map(({ slug, createdAt, url, name }) => [
    { text: slug },
    { text: formatAge(createdAt, now()), paint: paint.dim },
    { text: url },
    { text: toPrintable(name) },
  ]);
  for (const line of formatTable([head, ...rows], columns)) print(line);
}
