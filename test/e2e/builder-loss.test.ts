/** A builder that forgets, refuses or answers nonsense at any step: every deployment ends, and no channel stays blocked. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, createDeployment, promote, sendSource, settled } from "../support/api-deploy.ts";
import { CALLS, type Call, type FakeBuilder, fakePage, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;
let sources = 0;

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
beforeEach(() => {
  builder.onCall = async () => true;
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function createProject(slug: string): Promise<string> {
  return JSON.parse((await callApi(world, "POST", "/projects", { slug })).text).id;
}

/** Deploys a source that nobody deployed before. */
async function deployNew(slug: string): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(world, slug, { "package.json": `{"n":${sources}}` });
  return settled(world, await createDeployment(world, slug, { source }));
}

async function shows(slug: string): Promise<string> {
  // Whoever deploys reads past the router's copies.
  return (await world.app(slug, "/", { headers: { "x-atelier-min-rev": "1000000" } })).text;
}

/** Forgets the job the first `times` times that `at` is asked. */
function loseAt(at: Call, times: number): void {
  let left = times;
  builder.onCall = async (call) => {
    if (call !== at || left === 0) return true;
    left -= 1;
    return false;
  };
}

const LOSABLE = ["events", "manifest", "upload", "uploading"] as const;

describe.each(LOSABLE)("a builder that loses the job at `%s`", (at) => {
  it("once: it is built once more, and the second bundle is the one that is live", async () => {
    const slug = `once-${at}`;
    await createProject(slug);
    loseAt(at, 1);
    const deployment = await deployNew(slug);
    expect(deployment).toMatchObject({ status: "live", failure: null });
    expect(await shows(slug)).toBe(fakePage(deployment.source, 2));
  });

  it("twice: the deployment fails, what was live stays live, and the next one is not held up", async () => {
    const slug = `twice-${at}`;
    await createProject(slug);
    const before = await deployNew(slug);
    loseAt(at, 2);
    const failed = await deployNew(slug);
    expect(failed).toMatchObject({ status: "failed", phase: null, failure: { reason: "builder_lost" } });
    for (const force of [false, true]) {
      const wish = { deployment: failed.id, force, reason: "all the same" };
      const refused = await callApi(world, "POST", `/projects/${slug}/channels/production/promote`, wish);
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([409, "not_retained"]);
    }
    expect(await shows(slug)).toBe(fakePage(before.source, 1));
    const after = await deployNew(slug);
    expect(after.status).toBe("live");
    expect(await shows(slug)).toBe(fakePage(after.source, 1));
  });
});

describe("a builder in trouble", () => {
  it("that answers 500 for a while is waited for", async () => {
    await createProject("patience");
    let failures = 0;
    builder.onCall = async (call) => {
      if (call === "forget" || failures === 6) return true;
      failures += 1;
      return 500;
    };
    expect(await deployNew("patience")).toMatchObject({ status: "live", failure: null });
    expect(failures).toBe(6);
  });

  it("that is further than the run remembers is asked for its events", async () => {
    await createProject("refusal");
    let uploads = 0;
    builder.onCall = async (call) => {
      if (call !== "upload") return true;
      uploads += 1;
      return uploads === 1 ? true : 409;
    };
    expect(await deployNew("refusal")).toMatchObject({ status: "live", failure: null });
  });
});

describe("a Project object that is evicted", () => {
  it("between any two steps of a deploy changes nothing", async () => {
    const project = await createProject("amnesia");
    const evicted = new Set<Call>();
    builder.onCall = async (call) => {
      if (await world.evictProject(project)) evicted.add(call);
      return true;
    };
    for (let round = 1; round <= 3; round += 1) {
      const deployment = await deployNew("amnesia");
      expect(deployment).toMatchObject({ status: "live", failure: null });
      expect(await shows("amnesia")).toBe(fakePage(deployment.source, 1));
    }
    // At a read of events it may still be out from the step before: nothing need wake it in between.
    expect([...evicted]).toEqual(expect.arrayContaining(CALLS.filter((call) => call !== "events")));
    const events = JSON.parse((await callApi(world, "GET", "/projects/amnesia/events?limit=500")).text).events as {
      type: string;
    }[];
    const count = (type: string) => events.filter((event) => event.type === type).length;
    expect(["deployment.created", "deployment.live", "deployment.superseded", "route.flipped"].map(count)).toEqual([
      3, 3, 2, 3,
    ]);
  });

  it("between promotes and rollbacks loses no flip and doubles none", async () => {
    const project = await createProject("memento");
    const builds = [await deployNew("memento"), await deployNew("memento"), await deployNew("memento")] as const;
    const [a, b, c] = builds.map(({ id }) => id);
    const live: (string | undefined)[] = [];
    let rev = 3;
    const rollback = async () => {
      await world.evictProject(project);
      const answer = await callApi(world, "POST", "/projects/memento/channels/production/rollback", {});
      await world.evictProject(project);
      const { code, route } = JSON.parse(answer.text);
      live.push(code ?? route.live.deployment);
      if (answer.status !== 200) return;
      rev += 1;
      expect(route.rev).toBe(rev);
    };
    await rollback();
    await rollback();
    await rollback();
    await world.evictProject(project);
    live.push((await promote(world, builds[2])).route.live.deployment);
    rev += 1;
    await rollback();
    expect(live).toEqual([b, a, "no_earlier_release", c, a]);
  });
});
