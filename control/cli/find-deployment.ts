import type { Deployment } from "../../schema/contracts/deployments.ts";
import { DeploymentId } from "../../schema/ids.ts";
import { firstPage } from "./api/pages.ts";
import type { CommandContext } from "./command-context.ts";
import { Failure } from "./failure.ts";
import { findProject } from "./project-link.ts";

/** Eight digits are about a minute of the id's clock. */
const PREFIX = /^dpl_[0-9a-f][0-9a-f-]{7,}$/;
const RECENT = 100;
const SHOWN_CANDIDATES = 5;

/**
 * The deployment that a whole id names, or the only one of a project's last hundred whose id begins with the given text.
 * @param project the slug that `--project` gave. Only a beginning needs a project; a whole id must belong to the one given.
 * @throws Failure `usage` when the text names none, several, or one of another project
 */
export async function findDeployment(
  context: Pick<CommandContext, "api" | "cwd" | "invocation">,
  given: string,
  project: string | undefined,
): Promise<Deployment> {
  const { api } = context;
  const id = DeploymentId.safeParse(given);
  if (id.success) return requireProject(context, await api.readDeployment(id.data), project);
  if (!PREFIX.test(given)) {
    throw new Failure(
      "usage",
      `"${given}" is not a deployment. Give its id, or at least the first 8 digits of it, as "${context.invocation} list" shows them.`,
    );
  }
  const { id: projectId, slug } = await findProject(context, project);
  const recent = await firstPage(api.listDeployments(projectId, { limit: RECENT }));
  const [match, ...others] = recent.items.filter((deployment) => deployment.id.startsWith(given));
  if (!match) {
    throw new Failure("usage", `None of the last ${RECENT} deployments of ${slug} begins with "${given}".`);
  }
  if (others.length === 0) return match;
  const shown = [match, ...others].slice(0, SHOWN_CANDIDATES).map((deployment) => `\n  ${deployment.id}`);
  throw new Failure(
    "usage",
    `"${given}" is the beginning of ${others.length + 1} deployments. Give more of it:${shown.join("")}`,
  );
}

async function requireProject(
  context: Pick<CommandContext, "api" | "cwd" | "invocation">,
  deployment: Deployment,
  given: string | undefined,
): Promise<Deployment> {
  if (given === undefined) return deployment;
  const project = await findProject(context, given);
  if (project.id === deployment.project) return deployment;
  const owner = await context.api.readProject(deployment.project);
  throw new Failure(
    "usage",
    `${deployment.id} belongs to the project ${owner?.slug ?? deployment.project}, not to ${project.slug}.`,
  );
}
