/** What must hold after every fault, judged from what was seen during it and what is stored afterwards. Pure. */
import type { Release } from "../../schema/contracts/channels.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { FAILURES, type FailureReason, isInProgress } from "../../schema/lifecycle.ts";
import type { Visit } from "../support/visit.ts";
import type { Problem, ProblemKind } from "./campaign.ts";

/** A write that was answered with 2xx. `request` is the deployment's message or the release's reason. */
export type Acknowledged =
  | { readonly kind: "deployment"; readonly request: string; readonly id: string }
  | { readonly kind: "flip"; readonly request: string; readonly rev: number; readonly live: string };

export type SeenDeployment = Pick<Deployment, "id" | "message" | "status" | "build"> & {
  readonly failure: { readonly reason: FailureReason; readonly detail: string } | null;
};
export type SeenRelease = Pick<Release, "rev" | "deployment" | "reason">;

/** A file of the live manifest, as the router answers it. */
export type ServedFile = { readonly path: string; readonly status: number; readonly isRight: boolean };

/** Of one channel, the only one of its project. */
export type Observation = {
  readonly acknowledged: readonly Acknowledged[];
  /** What visitors saw from the first fault to the end. */
  readonly visits: readonly Visit[];
  readonly deployments: readonly SeenDeployment[];
  /** Newest first. */
  readonly releases: readonly SeenRelease[];
  readonly route: {
    readonly rev: number;
    readonly live: { readonly deployment: string; readonly build: string };
  } | null;
  /** Of the live build; null when its manifest is not in storage, or not what its SHA says. */
  readonly served: readonly ServedFile[] | null;
  /** The highest revision that was seen before. */
  readonly revBefore: number;
};

export function checkInvariants(where: string, seen: Observation): Problem[] {
  const found = (kind: ProblemKind, texts: readonly string[]) => texts.map((text) => ({ kind, where, text }));
  return [
    ...found("torn", halfBundles(seen)),
    ...found("lost", lostWrites(seen)),
    ...found("stuck", stuckDeployments(seen)),
    ...found("double", doubledWrites(seen)),
    ...found("disagree", disagreements(seen)),
  ];
}

/** How what a client did came to its end: the deployment, if it was one, and the error if it never got an answer. */
export type End = { readonly deployment: SeenDeployment | null; readonly unanswered: string | null };

/** Whatever dies on the way, a request is answered and a deployment goes live, but for the failures that a fault may cause. */
export function checkEnd(
  where: string,
  { deployment, unanswered }: End,
  mayFail: readonly FailureReason[] = [],
): Problem[] {
  if (unanswered !== null) return [{ kind: "stuck", where, text: unanswered }];
  if (deployment === null || deployment.status === "live" || deployment.status === "superseded") return [];
  const { status, failure } = deployment;
  if (failure !== null && mayFail.includes(failure.reason)) return [];
  return [{ kind: "stuck", where, text: `ended as ${status}: ${failure?.reason} ${failure?.detail}` }];
}

function halfBundles({ visits, served, route }: Observation): string[] {
  const visited = [...new Set(visits.flatMap(({ problems }) => problems))];
  if (route === null) return visited;
  if (served === null) return [...visited, `the manifest of the live build ${route.live.build} is missing or damaged`];
  const wrong = served.filter(({ status, isRight }) => status !== 200 || !isRight);
  return [
    ...visited,
    ...wrong.map(({ path, status }) => `${path} of the live build answered ${status}, or other bytes`),
  ];
}

function lostWrites({ acknowledged, deployments, releases, route, revBefore }: Observation): string[] {
  const rev = route?.rev ?? 0;
  const lost = acknowledged.filter((write) =>
    write.kind === "deployment"
      ? !deployments.some(({ id, message }) => id === write.id && message === write.request)
      : !releases.some((release) => release.rev === write.rev && release.deployment === write.live),
  );
  return [
    ...lost.map((write) => `${write.request} was acknowledged and is not there`),
    ...(rev < revBefore ? [`the channel went back from revision ${revBefore} to ${rev}`] : []),
  ];
}

function stuckDeployments({ deployments }: Observation): string[] {
  return deployments
    .filter(({ status }) => isInProgress(status))
    .map(({ id, message, status }) => `${message} (${id}) is still ${status}`);
}

function doubledWrites({ deployments, releases }: Observation): string[] {
  return [
    ...repeated(deployments.map(({ message }) => message)).map((request) => `${request} deployed twice`),
    ...repeated(releases.map(({ reason }) => reason)).map((request) => `${request} flipped twice`),
  ];
}

function disagreements({ deployments, releases, route }: Observation): string[] {
  const live = deployments.filter(({ status }) => status === "live");
  const wrong: string[] = [];
  if (live.map(({ id }) => id as string).join() !== (route?.live.deployment ?? ""))
    wrong.push(`the route names ${route?.live.deployment}, and live are: ${live.map(({ id }) => id).join()}`);
  if (live.some(({ build }) => build !== route?.live.build))
    wrong.push("the route names another build than its deployment");
  const revs = releases.map(({ rev }) => rev);
  if (revs.some((rev, index) => rev !== (route?.rev ?? 0) - index))
    wrong.push(`the channel is at revision ${route?.rev}, and its releases at ${revs.join()}`);
  for (const { id, status, failure } of deployments) {
    if ((status === "failed") !== (failure !== null))
      wrong.push(`${id} is ${status}, with the failure ${failure?.reason}`);
    if (failure && !(failure.reason in FAILURES)) wrong.push(`${id} failed for an unknown reason: ${failure.reason}`);
  }
  return wrong;
}

function repeated(names: readonly (string | null)[]): string[] {
  const seen = new Map<string, number>();
  for (const name of names) if (name !== null) seen.set(name, (seen.get(name) ?? 0) + 1);
  return [...seen].filter(([, count]) => count > 1).map(([name]) => name);
}
