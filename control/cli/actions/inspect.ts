import type { Release } from "../../../schema/contracts/channels.ts";
import type { Commit, Deployment } from "../../../schema/contracts/deployments.ts";
import { formatBytes, formatCount } from "../../../schema/figures.ts";
import { firstPage, LARGEST_PAGE } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { describeStatus, statusPaint } from "../deployment-table.ts";
import { describeFailure } from "../describe-failure.ts";
import { type Fact, formatFacts } from "../facts.ts";
import { formatAge } from "../figures.ts";
import { findDeployment } from "../find-deployment.ts";

export type InspectOptions = { readonly deployment: string; readonly project?: string; readonly json?: boolean };

/** Everything that is known of one deployment, and the times it became live. */
export async function inspect(context: CommandContext, options: InspectOptions): Promise<void> {
  const { api, print } = context;
  const deployment = await findDeployment(context, options.deployment, options.project);
  const { items } = await firstPage(api.listReleases(deployment.project, deployment.channel, { limit: LARGEST_PAGE }));
  const releases = items.filter((release) => release.deployment === deployment.id);
  if (options.json) {
    print(JSON.stringify({ deployment, releases }));
    return;
  }
  const facts = [...describe(deployment, context), ...releases.map(describeRelease)];
  for (const line of formatFacts(facts, context.paint)) print(line);
}

function describe(deployment: Deployment, { paint, now }: CommandContext): Fact[] {
  const { bundle, commit } = deployment;
  const failure = deployment.failure && describeFailure(deployment.failure);
  return [
    ["deployment", deployment.id, paint.bold],
    ["status", describeStatus(deployment), statusPaint(deployment.status, paint)],
    ["failure", failure?.detail, paint.red],
    ["", failure?.help],
    ["channel", deployment.channel],
    ["url", deployment.url],
    ["message", deployment.message],
    ["commit", commit && describeCommit(commit)],
    ["build", deployment.build],
    ["", deployment.reused ? "an earlier build of the same inputs" : null],
    ["bundle", bundle && `${formatCount(bundle.files, "file")}, ${formatBytes(bundle.bytes)}`],
    ["", bundle && `${formatCount(bundle.uploadedBlobs, "new blob")}, ${formatBytes(bundle.uploadedBytes)} stored`],
    ["pinned", deployment.pinned ? "yes: never removed by retention" : null, paint.yellow],
    ["removed", deployment.collectedAt && `its bundle, at ${deployment.collectedAt}, by retention`],
    ["retry of", deployment.retryOf],
    ["source", deployment.source],
    ["env", deployment.env],
    ["created", `${deployment.createdAt} by ${deployment.createdBy} (${formatAge(deployment.createdAt, now())})`],
  ];
}

function describeCommit({ sha, branch, author, message, dirty }: Commit): string {
  const subject = message?.split("\n", 1)[0];
  return [
    sha.slice(0, 12) + (dirty ? ", with changes that are in no commit" : ""),
    branch && `on ${branch}`,
    author && `by ${author}`,
    subject && `"${subject}"`,
  ]
    .filter(Boolean)
    .join(" ");
}

function describeRelease({ kind, at, by, rev, reason }: Release): Fact {
  return ["went live", `${at} by a ${kind} of ${by}, revision ${rev}${reason ? `: ${reason}` : ""}`];
}
