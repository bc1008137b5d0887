import type { ProjectDetails } from "../../schema/contracts/projects.ts";
import { RolloutId } from "../../schema/ids.ts";
import { firstPage } from "./api/pages.ts";
import type { CommandContext } from "./command-context.ts";
import { Failure } from "./failure.ts";
import { findProject } from "./project-link.ts";

export type RolloutChoice = { readonly rollout?: string; readonly project?: string };
export type FoundRollout = {
  readonly project: ProjectDetails;
  readonly id: RolloutId;
};

/** The rollout that an id names, or the newest of the project: the one that runs, if one does. */
export async function findRollout(
  context: Pick<CommandContext, "api" | "cwd" | "invocation">,
  { rollout: given, project: slug }: RolloutChoice,
): Promise<FoundRollout> {
  const project = await findProject(context, slug);
  if (given !== undefined) {
    const id = RolloutId.safeParse(given);
    if (id.success) return { project, id: id.data };
    throw new Failure("usage", `"${given}" is not a rollout. "${context.invocation} rollout list" shows their ids.`);
  }
  const { items } = await firstPage(context.api.listRollouts(project.id, { limit: 1 }));
  const [newest] = items;
  if (newest) return { project, id: newest.id };
  throw new Failure(
    "failed",
    `${project.slug} has had no rollout yet: the first deployment, and those that skip canaries, go to everybody at once. (rollout_not_found)`,
    { code: "rollout_not_found" },
  );
}
