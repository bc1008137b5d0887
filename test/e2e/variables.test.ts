/** Environment variables through the API: what a deployment is given, and what becomes of a lost key. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { EnvState } from "../../schema/contracts/env-vars.ts";
import { EMPTY_ENV } from "../../schema/env-snapshot.ts";
import { callApi, deployFiles, promote, readEvents } from "../support/api-deploy.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import type { RawResponse } from "../support/http.ts";

const SECRET = "s3cr3t-of-the-shop";

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;
let files = 0;

beforeAll(async () => {
  const harness = await startHarnessWorld();
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function newProject(slug: string): Promise<string> {
  const response = await callApi(world, "POST", "/projects", { slug });
  expect(response.status).toBe(201);
  return JSON.parse(response.text).id;
}

function patch(slug: string, environment: string, body: unknown, headers = {}): Promise<RawResponse> {
  return world.api("PATCH", `/projects/${slug}/env/${environment}`, body, headers);
}

async function set(slug: string, variables: Record<string, string>, visibility?: string): Promise<EnvState> {
  const list = Object.entries(variables).map(([name, value]) => ({ name, value, ...(visibility && { visibility }) }));
  const response = await patch(slug, "production", { set: list });
  expect(response.status, response.text).toBe(200);
  return EnvState.parse(JSON.parse(response.text));
}

function deploy(slug: string, options: Record<string, unknown> = {}): Promise<Deployment> {
  files += 1;
  return deployFiles(world, slug, { "package.json": `{"n":${files}}` }, options);
}

/** To the last build. */
const given = () => builder.jobs.at(-1)?.variables;

describe("variables", () => {
  it("go to the builds of their environment, in a snapshot that the route names", async () => {
    await newProject("snapshots");
    const bare = await deploy("snapshots");
    expect([bare.status, bare.env, given()]).toEqual(["live", EMPTY_ENV, []]);
    const { digest } = await set("snapshots", { DB: SECRET }, "secret");
    await patch("snapshots", "preview", { set: [{ name: "DB", value: "of the preview" }] });
    const live = await deploy("snapshots");
    expect(live.env).toBe(digest);
    expect(given()).toEqual([{ name: "DB", value: SECRET, visibility: "secret" }]);
    const preview = await deploy("snapshots", { channel: "pr-7" });
    expect(given()).toEqual([{ name: "DB", value: "of the preview", visibility: "private" }]);
    expect(preview.env).not.toBe(live.env);
    expect(await world.routeCopy(live.project)).toMatchObject({ live: { deployment: live.id, env: digest } });
  });

  it("decide whether a bundle is used again", async () => {
    await newProject("reuse");
    const source = { "package.json": "{}" };
    await set("reuse", { A: "one value" });
    const first = await deployFiles(world, "reuse", source);
    expect((await deployFiles(world, "reuse", source)).reused).toBe(true);
    await set("reuse", { A: "another value" });
    expect((await deployFiles(world, "reuse", source)).reused).toBe(false);
    await set("reuse", { A: "one value" });
    expect(await deployFiles(world, "reuse", source)).toMatchObject({ reused: true, env: first.env });
  });

  it("are nowhere in what is stored, told or shown", async () => {
    const project = await newProject("hidden");
    const headers = { "idempotency-key": "once" };
    const body = { set: [{ name: "DB", value: SECRET, visibility: "secret" }] };
    const answers = [
      await patch("hidden", "production", body, headers),
      await patch("hidden", "production", body, headers),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await deploy("hidden");
    answers.push(
      await callApi(world, "GET", "/projects/hidden/env/production"),
      await callApi(world, "GET", "/projects/hidden/env/production/values"),
    );
    expect(JSON.parse(answers.at(-1)?.text ?? "").variables).toEqual([
      { name: "DB", visibility: "secret", value: null },
    ]);
    const tables = await world.projectSql(project, "SELECT name FROM sqlite_master WHERE type = 'table'");
    const rows = await Promise.all(
      tables
        .map(({ name }) => String(name))
        .filter((name) => !name.startsWith("_cf"))
        .map((name) => world.projectSql(project, `SELECT * FROM "${name}"`)),
    );
    expect(rows.flat().length).toBeGreaterThan(10);
    const objects = await Promise.all((await world.listObjects(project)).map((key) => world.readObject(key)));
    const shown = [...answers.map(({ text }) => text), JSON.stringify(rows), ...objects].join("\n");
    expect(shown).toContain("DB");
    expect(shown).not.toContain(SECRET);
    const events = await readEvents(world, "hidden", "&type=variables.updated");
    expect(events.map(({ data }) => data)).toEqual([{ environment: "production", set: "DB", removed: "" }]);
  });

  it.each([
    ["a name with =", "production", { set: [{ name: "A=B", value: "x" }] }, 422, "body_invalid", "set.0.name"],
    ["a name with a line end", "production", { set: [{ name: "A\n", value: "x" }] }, 422, "body_invalid", "set.0.name"],
    ["NUL in a value", "production", { set: [{ name: "A", value: "x\0" }] }, 422, "body_invalid", "set.0.value"],
    [
      "a value of 1 MB",
      "production",
      { set: [{ name: "A", value: "x".repeat(1 << 20) }] },
      422,
      "body_invalid",
      "at most 32768",
    ],
    [
      "1 000 variables",
      "production",
      { set: Array.from({ length: 1_000 }, (_, n) => ({ name: `V${n}`, value: "x" })) },
      422,
      "body_invalid",
      "at most 256 variables",
    ],
    ["a reserved name", "production", { set: [{ name: "NODE_OPTIONS", value: "x" }] }, 422, "body_invalid", "reserved"],
    ["another environment", "staging", { set: [] }, 404, "environment_not_found", "production"],
    ["one that is not there", "production", { remove: ["GONE"] }, 404, "variable_not_found", "GONE"],
  ])("%s is refused in words", async (_, environment, body, status, code, detail) => {
    await newProject("refusals").catch(() => null);
    const response = await patch("refusals", environment, body);
    expect([response.status, JSON.parse(response.text).code]).toEqual([status, code]);
    expect(JSON.parse(response.text).detail).toContain(detail);
  });

  it("stay with their release: a promote and a rollback bring them back, in one write each", async () => {
    const project = await newProject("flips");
    const path = "/projects/flips/channels/production";
    await set("flips", { A: "first value" });
    const first = await deploy("flips");
    const { digest } = await set("flips", { A: "second value", B: "new here" });
    const second = await deploy("flips");
    const planOf = async (query: string) => JSON.parse((await callApi(world, "GET", `${path}/plan?${query}`)).text);
    const planned = {
      rev: 2,
      to: { deployment: first.id, env: first.env },
      env: { added: [], removed: ["B"], changed: ["A"] },
    };
    expect(await planOf("")).toMatchObject(planned);
    expect(await planOf(`deployment=${first.id}`)).toMatchObject(planned);
    expect(await planOf(`deployment=${first.id}&env=current`)).toMatchObject({
      to: { env: digest },
      env: { added: [], removed: [], changed: [] },
    });
    expect((await promote(world, first)).route).toMatchObject({
      rev: 3,
      live: { deployment: first.id, env: first.env },
    });
    const current = await callApi(world, "POST", `${path}/promote`, { deployment: first.id, env: "current" });
    expect(JSON.parse(current.text)).toMatchObject({
      changed: true,
      route: { rev: 4, live: { deployment: first.id, build: first.build, env: digest } },
    });
    const again = await callApi(world, "POST", `${path}/promote`, { deployment: first.id, env: "current" });
    expect(JSON.parse(again.text)).toMatchObject({ changed: false, route: { rev: 4 } });
    const back = await callApi(world, "POST", `${path}/rollback`, {});
    expect(JSON.parse(back.text)).toMatchObject({ route: { rev: 5, live: { deployment: first.id, env: first.env } } });
    const statuses = await world.projectSql(project, "SELECT id, status FROM deployments ORDER BY id");
    expect(statuses).toEqual([
      { id: first.id, status: "live" },
      { id: second.id, status: "superseded" },
    ]);
  });
});

describe("a lost key", () => {
  it("stops what needs it with words, and nothing else", async () => {
    const project = await newProject("keyless");
    await set("keyless", { A: "first value" });
    const live = await deploy("keyless");
    await world.projectSql(project, "UPDATE env_values SET key = 'gone'");
    const state = await callApi(world, "GET", "/projects/keyless/env/production");
    expect(JSON.parse(state.text)).toMatchObject({ digest: null, variables: [{ name: "A", lost: true }] });
    const refused = await callApi(world, "POST", "/projects/keyless/deployments", { source: live.source });
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      503,
      { code: "env_key_lost", detail: expect.stringMatching(/^A can not be read: the key gone is not in ENV_KEYS/) },
    ]);
    // What is live, previews, other projects and the variable itself are as they were.
    expect((await world.app("keyless", "/")).status).toBe(200);
    expect((await deploy("keyless", { channel: "pr-1" })).status).toBe("live");
    await set("keyless", { A: "first value" });
    expect((await deploy("keyless")).status).toBe("live");
  });

  it("fails a deployment whose run finds it gone", async () => {
    const project = await newProject("midway");
    await set("midway", { A: randomBytes(8).toString("hex") });
    builder.onCall = async (call) => {
      if (call === "toolchain") await world.projectSql(project, "UPDATE env_values SET key = 'gone'");
      return true;
    };
    const failed = await deploy("midway");
    builder.onCall = async () => true;
    expect(failed).toMatchObject({
      status: "failed",
      failure: { reason: "env_key_lost", detail: expect.stringContaining("A can not be read") },
    });
  });
});
