import { type ChannelState, DeleteChannel, Flip, Promote, Rollback } from "../../../../schema/contracts/channels.ts";
import type { Deployment } from "../../../../schema/contracts/deployments.ts";
import type { ProjectDetails } from "../../../../schema/contracts/projects.ts";
import { Channel } from "../../../../schema/hostname.ts";
import { type Answer, type Asked, cutPage, ok, problem } from "./answer.ts";

/** The revision of every channel of the fake API. */
const REV = 6;

/** @param deployments of the project, newest first: those that are `live` are the channel's releases */
export function answerChannels(
  project: ProjectDetails,
  deployments: readonly Deployment[],
  { method, parts: [name, action = ""], query, body }: Asked,
): Answer {
  const states = [...new Set(deployments.map(({ channel }) => channel))]
    .sort()
    .flatMap((channel) => stateOf(project, channel, deployments) ?? []);
  if (!name) return cutPage("channels", states, query);
  const channel = Channel.parse(name);
  const own = deployments.filter((deployment) => deployment.channel === channel);
  switch (`${method} ${action}`) {
    case "GET releases":
      return cutPage("releases", releasesOf(own), query);
    case "DELETE ": {
      DeleteChannel.parse(Object.fromEntries(query));
      if (channel === "production") return problem("channel_protected");
      const state = states.find((candidate) => candidate.channel === channel);
      return state ? ok({ ...state, route: null, changed: true }) : problem("channel_not_found");
    }
    case "POST promote": {
      const { deployment, expectedRev } = Promote.parse(body);
      return flip(
        project,
        own.find(({ id }) => id === deployment),
        expectedRev,
      );
    }
    case "GET plan": {
      const target = own.find(({ id }) => id === query.get("deployment")) ?? own[1];
      const [live] = own;
      if (!live || !target) return problem("no_earlier_release");
      const arm = ({ id, build, env }: Deployment) => ({ deployment: id, build, env });
      const env = { added: ["NEW_KEY"], removed: [], changed: ["API_URL"] };
      return ok({ channel, rev: REV, from: arm(live), to: arm(target), sameBuild: live.build === target.build, env });
    }
    case "POST rollback":
      return flip(project, own[1], Rollback.parse(body).expectedRev);
    default:
      return problem("route_not_found");
  }
}

function stateOf(project: ProjectDetails, channel: Channel, deployments: readonly Deployment[]): ChannelState | null {
  const live = deployments.find((deployment) => deployment.channel === channel && deployment.status === "live");
  return live ? { channel, url: live.url, route: routeOf(project, live, REV) } : null;
}

function routeOf({ id: project }: ProjectDetails, { id, channel, build, env }: Deployment, rev: number) {
  return Flip.shape.route.parse({
    version: 1,
    project,
    channel,
    rev,
    live: { deployment: id, build, env },
    retained: [],
  });
}

function releasesOf(deployments: readonly Deployment[]) {
  const lives = deployments.filter(({ status }) => status === "live");
  return lives.map(({ id, channel, build, env, createdAt }, index) => ({
    id: lives.length - index,
    channel,
    kind: "deploy",
    deployment: id,
    build,
    env,
    rev: lives.length - index,
    by: "tests",
    byToken: "0123456789abcdef",
    reason: null,
    at: createdAt,
  }));
}

function flip(project: ProjectDetails, target: Deployment | undefined, expectedRev: number | undefined): Answer {
  if (expectedRev !== undefined && expectedRev !== REV) return problem("rev_conflict");
  if (!target) return problem("deployment_not_found");
  return ok({ changed: true, url: target.url, route: routeOf(project, target, REV + 1) });
}
