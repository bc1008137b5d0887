/** What is wrong with what clients and the project tell of one history of a channel. Pure. */
import type { Release } from "../../schema/contracts/channels.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import type { FailureReason } from "../../schema/lifecycle.ts";
import { type ChannelInput, type ChannelOutput, type ChannelState, channelModel } from "./channel-model.ts";
import { linearize, type Operation } from "./linearizability.ts";

export type ChannelOperation = Operation<ChannelInput, ChannelOutput> & {
  /** The request; a repetition has that of the first. It is the reason of the release that it makes. */
  readonly request: string;
};

export type SeenDeployment = Pick<Deployment, "id" | "message" | "status"> & {
  readonly failure: { readonly reason: FailureReason; readonly detail: string } | null;
};
export type SeenRelease = Pick<Release, "rev" | "kind" | "deployment" | "reason">;

export type History = {
  readonly initial: ChannelState;
  readonly operations: readonly ChannelOperation[];
  /** Of deployments that were acknowledged: the request, which became the message, and the answer. */
  readonly created: readonly { readonly request: string; readonly id: string }[];
  /** Of this history, as the project tells it in the end. */
  readonly deployments: readonly SeenDeployment[];
  readonly releases: readonly SeenRelease[];
  /** The deployment that the route names in the end, and those that say they are live. */
  readonly live: string | null;
  readonly sayingLive: readonly string[];
};

export type Verdict = { readonly violations: readonly string[]; readonly duplicates: readonly string[] };

export function judge(history: History): Verdict {
  return {
    violations: [
      ...notExplained(history),
      ...brokenRevisions(history),
      ...lostFlips(history),
      ...lostDeployments(history),
      ...wrongEnds(history),
    ],
    duplicates: [
      ...repeated(history.releases.map(({ reason }) => reason)).map((reason) => `${reason} flipped twice`),
      ...repeated(history.deployments.map(({ message }) => message)).map((message) => `${message} deployed twice`),
      ...history.created
        .filter(({ request, id }) => history.created.some((other) => other.request === request && other.id !== id))
        .map(({ request, id }) => `${request} was answered with ${id} and another one`),
    ],
  };
}

function notExplained({ initial, operations }: History): string[] {
  return linearize(channelModel(initial), operations) ? [] : ["no order explains the answers"];
}

function brokenRevisions({ initial, releases }: History): string[] {
  const revs = releases.map(({ rev }) => rev).sort((a, b) => a - b);
  return revs
    .flatMap((rev, index) =>
      rev === initial.rev + 1 + index ? [] : [`the releases go ${initial.rev}, ${revs.join(", ")}`],
    )
    .slice(0, 1);
}

function lostFlips({ operations, releases }: History): string[] {
  return operations.flatMap(({ request, output }) => {
    if (output?.kind !== "at" || !output.changed) return [];
    const release = releases.find(({ rev }) => rev === output.rev);
    if (release?.deployment === output.live && release.reason === request) return [];
    return [`${request} was told revision ${output.rev}, which the releases give to ${release?.reason ?? "nobody"}`];
  });
}

function lostDeployments({ created, deployments }: History): string[] {
  const known = new Map(deployments.map(({ id, message }) => [id as string, message]));
  return created
    .filter(({ request, id }) => known.get(id) !== request)
    .map(({ request, id }) => `${request} was told ${id}, which is not there`);
}

function wrongEnds({ deployments, live, sayingLive }: History): string[] {
  const wrong = deployments.filter(
    ({ status, failure }) =>
      status !== "live" && status !== "superseded" && !(status === "failed" && failure?.reason === "replaced"),
  );
  return [
    ...wrong.map(({ message, status, failure }) => `${message} ended as ${status} ${failure?.detail ?? ""}`),
    ...(sayingLive.join() === (live ?? "") ? [] : [`the route names ${live}, and live are: ${sayingLive.join()}`]),
  ];
}

function repeated(names: readonly (string | null)[]): string[] {
  const seen = new Map<string, number>();
  for (const name of names) if (name !== null) seen.set(name, (seen.get(name) ?? 0) + 1);
  return [...seen].filter(([, count]) => count > 1).map(([name]) => name);
}
