import { Digest } from "../../../schema/digest.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import { DEPLOYMENT_STATUSES } from "../../../schema/lifecycle.ts";
import { LARGEST_PAGE, readList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { DEPLOYMENT_COLUMNS, deploymentRow } from "../deployment-table.ts";
import { Failure } from "../failure.ts";
import { parseChoice } from "../parse-argument.ts";
import { printList } from "../print-list.ts";
import { findProject } from "../project-link.ts";
import { channelOf } from "../pull-request.ts";

export type ListOptions = {
  readonly project?: string;
  readonly pr?: number;
  readonly status?: string;
  /** A build SHA, or a beginning of one. */
  readonly build?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
};

/** As long as a build SHA is shown to people. */
const BUILD_BEGINNING = /^[0-9a-f]{12,64}$/;

/** The deployments of a project, newest first. */
export async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { api, invocation } = context;
  const status = options.status === undefined ? undefined : parseChoice(DEPLOYMENT_STATUSES, options.status, "status");
  refuseBuild(options.build, invocation);
  const { id, slug } = await findProject(context, options.project);
  const filters = {
    status,
    channel: options.pr === undefined ? undefined : channelOf(options.pr),
    build: options.build === undefined ? undefined : await findBuild(context, id, options.build),
  };
  const page = await readList((limit) => api.listDeployments(id, { ...filters, limit }), options);
  const isFiltered = Object.values(filters).some((filter) => filter !== undefined);
  const view = {
    name: "deployments",
    head: DEPLOYMENT_COLUMNS,
    row: (deployment: (typeof page.items)[number]) => deploymentRow(deployment, context),
    none: isFiltered
      ? `No deployment of ${slug} is like that. Without filters: ${invocation} list -p ${slug}`
      : `There are no deployments of ${slug} yet. Make one with: ${invocation} deploy`,
  };
  printList(context, page, view, options);
}

function refuseBuild(given: string | undefined, invocation: string): void {
  if (given === undefined || BUILD_BEGINNING.test(given)) return;
  throw new Failure(
    "usage",
    `"${given}" is not a build. Give its SHA, or at least the 12 digits of it that "${invocation} list" shows.`,
  );
}

/** The whole SHA, which is what the API asks for. */
async function findBuild({ api }: CommandContext, project: ProjectId, given: string): Promise<Digest> {
  const whole = Digest.safeParse(given);
  if (whole.success) return whole.data;
  for await (const { items } of api.listDeployments(project, { limit: LARGEST_PAGE })) {
    const found = items.find(({ build }) => build?.startsWith(given))?.build;
    if (found) return found;
  }
  throw new Failure("usage", `No deployment of this project has a build that begins with ${given}.`);
}
