/** `atelier rollout`: where a rollout stands, moving it by hand, why it was rolled back; and `deploy`, which waits for it. */
import { describe, expect, it } from "vitest";
import { verdictOf } from "../../../control/rollout/verdict.ts";
import { Rollout, RolloutVerdict } from "../../../schema/contracts/rollouts.ts";
import { PRODUCTION } from "../../../schema/hostname.ts";
import type { DeploymentId } from "../../../schema/ids.ts";
import { FAILURES } from "../../../schema/lifecycle.ts";
import { deploymentId, rolloutId } from "../../support/samples.ts";
import { BROKEN, evidence, rollout as rolloutState, START } from "../rollout/samples.ts";
import { QUICK_PLAY } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { startWithShop } from "./start-with-shop.ts";

const ID = rolloutId(7);

function running(over: Partial<Rollout> = {}): Rollout {
  return Rollout.parse({
    id: ID,
    channel: PRODUCTION,
    deployment: deploymentId(2),
    control: deploymentId(1),
    phase: "ramping",
    outcome: null,
    stage: 1,
    stages: [5, 25, 50, 100],
    weight: 5,
    stageEndsAt: "2026-11-23T12:01:00.000Z",
    pausedAt: null,
    hold: null,
    settings: rolloutState().settings,
    startedAt: "2026-11-23T12:00:00.000Z",
    endedAt: null,
    ...over,
  });
}

async function startWithRollout(over: Partial<Rollout> = {}) {
  const started = await startWithShop();
  started.api.rollouts.list = [running(over)];
  return started;
}

describe.concurrent("rollout", () => {
  it("shows where the newest stands, and what its visitors have met", async () => {
    const { api, run, cwd } = await startWithRollout();
    api.rollouts.looks = [
      {
        evidence: { metrics: [], canaryVisitors: 130, integrityFailures: [] },
        findings: [
          {
            metric: "server_errors",
            strata: [],
            logEvidence: 0,
            logBound: 5,
            threshold: null,
            regressed: false,
            sentence: "no visitors with errors so far",
          },
        ],
      },
    ];
    const { code, stdout } = await run(["rollout"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^state +at 5 % of visitors \(stage 1 of 4\)$/m);
    expect(stdout).toMatch(/^visitors +130 have seen it$/m);
    expect(stdout).toMatch(/^server errors +no visitors with errors so far$/m);
  });

  it.each([
    [{ pausedAt: "2026-11-23T12:00:30.000Z" }, "paused at 5 % of visitors"],
    [{ hold: { reason: "meter_silent" as const, since: "2026-11-23T12:00:30.000Z" } }, "not being counted"],
    [{ phase: "over" as const, outcome: "rolled_back" as const }, "rolled back"],
  ])("says that it is waiting or over: %o", async (over, words) => {
    const { run, cwd } = await startWithRollout(over);
    expect((await run(["rollout", "status"], { cwd })).stdout).toContain(words);
  });

  it("fails where there has been none, and where the name is no rollout", async () => {
    const { api, run, cwd } = await startWithShop();
    for (const command of ["status", "advance", "explain", "preview"]) {
      const { code, stderr } = await run(["rollout", command], { cwd });
      expect([command, code]).toEqual([command, 1]);
      expect(stderr).toContain("shop has had no rollout yet");
    }
    expect((await run(["rollout", "list"], { cwd })).stderr).toContain("There has been no rollout of shop yet.");
    expect((await run(["rollout", "pause", "seven"], { cwd })).code).toBe(2);
    expect(api.requests("POST", "/projects")).toEqual([]);
  });
});

describe.concurrent("rollout pause, resume, advance, abort, complete", () => {
  it("change it, and say what is so already", async () => {
    const { api, run, cwd } = await startWithRollout();
    const said = async (...args: string[]) => (await run(["rollout", ...args], { cwd })).stderr;
    expect(await said("pause", "--reason", "lunch")).toContain("Paused, at 5 % of visitors");
    expect(await said("pause")).toContain("It was so before: paused at 5 % of visitors");
    expect(await said("resume")).toContain("Resumed");
    expect(await said("advance")).toContain("Advanced, at 25 % of visitors (stage 2 of 4)");
    expect(await said("abort")).toContain("Aborted: the version before serves everybody again");
    const bodies = api.requests("POST", "/projects").map(({ body }) => JSON.parse(body.toString()));
    expect(bodies).toEqual([{ reason: "lunch" }, {}, {}, { expectedStage: 1 }, {}]);
  });

  it("of two who advance the second is refused, and so is who advances what is over", async () => {
    const { api, run, cwd } = await startWithRollout();
    const late = await run(["rollout", "advance", "--expected-stage", "3"], { cwd });
    expect([late.code, late.stderr.includes("(stage_conflict)")]).toEqual([1, true]);
    api.rollouts.list = [running({ phase: "over", outcome: "aborted" })];
    const over = await run(["rollout", "advance"], { cwd });
    expect([over.code, over.stderr.includes("(rollout_over)")]).toEqual([1, true]);
  });

  it("give the API's answer with --json", async () => {
    const { run, cwd } = await startWithRollout();
    const { stdout } = await run(["rollout", "complete", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ changed: true, rollout: { outcome: "completed" } });
  });
});

describe.concurrent("rollout preview", () => {
  it("prints the link alone", async () => {
    const { api, run, cwd } = await startWithRollout();
    const { stdout } = await run(["rollout", "preview", "--variant", "live", "--expires", "2h"], { cwd });
    expect(stdout).toBe("http://shop.apps.localhost:8787/_atelier/variant?pass=pass-live\n");
    const [sent] = api.requests("POST", "/projects");
    expect(JSON.parse(sent?.body.toString() ?? "")).toEqual({ variant: "live", expiresInSeconds: 7_200 });
    expect((await run(["rollout", "preview", "--expires", "9d"], { cwd })).code).toBe(2);
  });
});

describe.concurrent("rollout explain", () => {
  const inputs = { rollout: rolloutState(), evidence: evidence({ metrics: [BROKEN] }) };
  const verdict = RolloutVerdict.parse({ action: "rolled_back", verdict: verdictOf("regression", inputs, START) });

  it("tells the sentence, the counts, and that they give the same verdict again", async () => {
    const { api, run, cwd } = await startWithRollout({ phase: "over", outcome: "rolled_back" });
    api.rollouts.verdicts = [verdict];
    const { code, stdout } = await run(["rollout", "explain"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("17 of 19 visitors with errors were in the 5 % canary; odds");
    expect(stdout).toMatch(/^ +server errors +5 % +17 +2 +\S.* to 1 +200 to 1$/m);
    expect(stdout).toContain("The stored inputs give the same verdict again, to the last bit.");
  });

  it("says so when they do not", async () => {
    const { api, run, cwd } = await startWithRollout({ phase: "over", outcome: "rolled_back" });
    api.rollouts.verdicts = [{ ...verdict, verdict: { ...verdict.verdict, sentence: "because" } }];
    expect((await run(["rollout", "explain"], { cwd })).stdout).toContain("give another verdict today");
    const { stdout } = await run(["rollout", "explain", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ rollout: ID, verdicts: [{ replayed: false }] });
  });

  it("says when there is none", async () => {
    const { run, cwd } = await startWithRollout();
    expect((await run(["rollout", "explain"], { cwd })).stderr).toContain("nothing spoke against its deployment");
  });
});

describe.concurrent("deploy", () => {
  const SECOND = { weight: 25, stage: 2 };

  async function startWithCanary(outcome: "completed" | "rolled_back") {
    const started = await startWithShop();
    const { api } = started;
    api.play = { ...QUICK_PLAY, canary: true };
    api.rollouts.looks = [{}, SECOND, { ...SECOND, phase: outcome === "completed" ? "baking" : "over", outcome }];
    api.onRequest = ({ path }) => {
      const [canary] = [...api.deployments.values()];
      if (path.includes("/rollouts?") && canary) api.rollouts.list = [running({ deployment: canary.id })];
      return undefined;
    };
    api.rollouts.onEnd = ({ deployment }) => end(deployment);
    const end = (id: DeploymentId) => {
      const deployment = api.deployments.get(id);
      if (!deployment) return;
      const reason = "canary_regression" as const;
      const failure = { reason, detail: "17 of 19 visitors met errors", help: FAILURES[reason].help };
      const ended = outcome === "completed" ? { status: "live" as const } : { status: "failed" as const, failure };
      api.deployments.set(id, { ...deployment, ...ended });
    };
    return { ...started, app: await makeFolder({ "package.json": '{"name":"shop"}' }) };
  }

  it("waits through the stages of its canary, and says them", async () => {
    const { run, app } = await startWithCanary("completed");
    const { code, stdout, stderr } = await run(["deploy", app], { cwd: app });
    expect(code).toBe(0);
    expect(stderr).toMatch(/✔ Canary at 5 %.*✔ Canary at 25 %.*shop is live on production/s);
    expect(stdout).toBe("http://shop.apps.localhost:8787\n");
  });

  it("fails with the verdict's sentence when it is rolled back", async () => {
    const { run, app } = await startWithCanary("rolled_back");
    const { code, stdout, stderr } = await run(["deploy", app], { cwd: app });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("17 of 19 visitors met errors. (canary_regression)");
    expect(stderr).toContain(`rollout explain ${ID}`);
  });

  it("does not wait with --no-wait-canary", async () => {
    const { api, run, app } = await startWithCanary("rolled_back");
    const { code, stderr } = await run(["deploy", app, "--no-wait-canary"], { cwd: app });
    expect(code).toBe(0);
    expect(stderr).toContain("is a canary on production");
    expect(api.requests("GET", "/projects").filter(({ path }) => path.includes("/rollouts"))).toEqual([]);
  });
});
