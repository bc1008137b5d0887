/** Each invariant, broken by hand: what nothing can break proves nothing. */
import { describe, expect, it } from "vitest";
import { deploymentId, digest } from "../support/samples.ts";
import { checkEnd, checkInvariants, type Observation, type SeenDeployment } from "./invariants.ts";

const OLD = deploymentId(1);
const LIVE = deploymentId(2);
const BUILD = digest("live");

function deployment(change: Partial<SeenDeployment>): SeenDeployment {
  return { id: OLD, message: "deploy 1", status: "superseded", build: digest("old"), failure: null, ...change };
}

const live = deployment({ id: LIVE, message: "deploy 2", status: "live", build: BUILD });

const good: Observation = {
  acknowledged: [
    { kind: "deployment", request: "deploy 2", id: LIVE },
    { kind: "flip", request: "promote 3", rev: 3, live: LIVE },
  ],
  visits: [
    { page: "old", problems: [] },
    { page: "live", problems: [] },
  ],
  deployments: [live, deployment({})],
  releases: [
    { rev: 3, deployment: LIVE, reason: "promote 3" },
    { rev: 2, deployment: LIVE, reason: "deploy 2" },
    { rev: 1, deployment: OLD, reason: "deploy 1" },
  ],
  route: { rev: 3, live: { deployment: LIVE, build: BUILD } },
  served: [{ path: "/", status: 200, isRight: true }],
  revBefore: 2,
};

it("a good observation has no problems", () => {
  expect(checkInvariants("here", good)).toEqual([]);
});

describe("what is found", () => {
  it.each<[string, string, Partial<Observation>]>([
    ["torn", "a visitor who met a half bundle", { visits: [{ page: "x", problems: ["/assets/app.js answered 404"] }] }],
    ["torn", "a live manifest that is not there", { served: null }],
    ["torn", "a live file that does not answer", { served: [{ path: "/", status: 502, isRight: false }] }],
    ["torn", "a live file with other bytes", { served: [{ path: "/", status: 200, isRight: false }] }],
    [
      "lost",
      "an acknowledged deployment that is gone",
      { deployments: [deployment({ id: LIVE, message: "other", status: "live", build: BUILD })] },
    ],
    [
      "lost",
      "an acknowledged flip that is gone",
      { releases: good.releases.slice(1), route: { rev: 2, live: { deployment: LIVE, build: BUILD } } },
    ],
    [
      "lost",
      "an acknowledged flip to something else",
      { acknowledged: [{ kind: "flip", request: "promote 3", rev: 3, live: OLD }] },
    ],
    ["lost", "a revision that went back", { revBefore: 4 }],
    ["stuck", "a deployment that does not end", { deployments: [live, deployment({ status: "uploading" })] }],
    ["double", "a request that deployed twice", { deployments: [live, deployment({ message: "deploy 2" })] }],
    [
      "double",
      "a request that flipped twice",
      { releases: good.releases.map((row) => ({ ...row, reason: "deploy 2" })) },
    ],
    [
      "disagree",
      "a live route without a live deployment",
      { deployments: [deployment({ id: LIVE, message: "deploy 2" })] },
    ],
    ["disagree", "two live deployments", { deployments: [live, deployment({ status: "live" })] }],
    ["disagree", "another build than the deployment's", { deployments: [{ ...live, build: digest("x") }] }],
    ["disagree", "releases with a gap", { releases: [good.releases[0], good.releases[2]].flatMap((row) => row ?? []) }],
    ["disagree", "a failure without a reason", { deployments: [live, deployment({ status: "failed" })] }],
    [
      "disagree",
      "a reason without a failure",
      { deployments: [live, deployment({ failure: { reason: "builder_lost", detail: "" } })] },
    ],
  ])("%s: %s", (kind, _, change) => {
    expect(checkInvariants("here", { ...good, ...change }).map((problem) => problem.kind)).toContain(kind);
  });
});

describe("the end of a request", () => {
  const failed = deployment({ status: "failed", failure: { reason: "builder_lost", detail: "twice" } });

  it("is good when it went live, or failed as the fault may make it", () => {
    expect(checkEnd("here", { deployment: live, unanswered: null })).toEqual([]);
    expect(checkEnd("here", { deployment: failed, unanswered: null }, ["builder_lost"])).toEqual([]);
  });

  it.each([
    ["an answer that never came", { deployment: null, unanswered: "answered 500" }],
    ["a failure that no fault explains", { deployment: failed, unanswered: null }],
    ["a deployment that goes on and on", { deployment: deployment({ status: "building" }), unanswered: null }],
  ])("is bad with %s", (_, end) => {
    expect(checkEnd("here", end).map(({ kind }) => kind)).toEqual(["stuck"]);
  });
});
