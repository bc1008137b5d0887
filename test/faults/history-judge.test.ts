/** Each thing that the judge of a history looks at, broken by hand. */
import { describe, expect, it } from "vitest";
import type { DeploymentId } from "../../schema/ids.ts";
import { deploymentId } from "../support/samples.ts";
import { EMPTY_CHANNEL } from "./channel-model.ts";
import { type ChannelOperation, type History, judge, type SeenDeployment, type SeenRelease } from "./history-judge.ts";

const A = deploymentId(1);
const B = deploymentId(2);
const NEW = deploymentId(3);

function release(
  rev: number,
  deployment: DeploymentId,
  reason: string,
  kind: SeenRelease["kind"] = "promote",
): SeenRelease {
  return { rev, kind, deployment, reason };
}

function deployment(
  id: DeploymentId,
  message: string,
  status: SeenDeployment["status"] = "superseded",
): SeenDeployment {
  return { id, message, status, failure: null };
}

const promoted: ChannelOperation = {
  label: "p",
  request: "p",
  input: { kind: "promote", deployment: A },
  output: { kind: "at", rev: 3, live: A, changed: true },
  invoked: 1,
  returned: 2,
};
const published: ChannelOperation = {
  label: "d",
  request: "d",
  input: { kind: "publish", deployment: NEW },
  output: { kind: "at", rev: 4, live: NEW, changed: true },
  invoked: 3,
  returned: 4,
};

const good: History = {
  initial: { ...EMPTY_CHANNEL, rev: 2, live: B, back: [A], whole: [A, B] },
  operations: [promoted, published],
  created: [{ request: "d", id: NEW }],
  deployments: [deployment(NEW, "d", "live")],
  releases: [release(4, NEW, "d", "deploy"), release(3, A, "p")],
  live: NEW,
  sayingLive: [NEW],
};

it("a good history passes", () => {
  expect(judge(good)).toEqual({ violations: [], duplicates: [] });
});

describe("what is found", () => {
  it.each<[string, Partial<History>, RegExp]>([
    [
      "a flip that no order explains",
      { operations: [published, { ...promoted, invoked: 8, returned: 9 }] },
      /no order/,
    ],
    ["a revision left out", { releases: [release(5, NEW, "d", "deploy"), release(3, A, "p")] }, /releases go 2, 3, 5/],
    ["an acknowledged flip without a release", { releases: [release(3, NEW, "d", "deploy")] }, /told revision 4/],
    [
      "an acknowledged flip under another's release",
      { releases: [release(4, NEW, "d"), release(3, A, "x")] },
      /told revision 3/,
    ],
    ["an acknowledged deployment that is gone", { deployments: [] }, /which is not there/],
    ["a deployment that hangs", { deployments: [deployment(NEW, "d", "building")] }, /ended as building/],
    ["a route that names none that is live", { sayingLive: [] }, /the route names/],
    ["two that say they are live", { sayingLive: [NEW, A] }, /the route names/],
  ])("%s", (_, change, text) => {
    expect(judge({ ...good, ...change }).violations.join("\n")).toMatch(text);
  });

  it.each<[string, Partial<History>]>([
    ["a request that flipped twice", { releases: [...good.releases, release(5, A, "p")] }],
    ["a request that deployed twice", { deployments: [...good.deployments, deployment(B, "d")] }],
    ["one request answered with two deployments", { created: [...good.created, { request: "d", id: B }] }],
  ])("%s", (_, change) => {
    expect(judge({ ...good, ...change }).duplicates).not.toEqual([]);
  });
});
