/** Settings, the name, the end and the return of a project, and the end of a channel: by the API, and as visitors see it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import type { ProjectEvent } from "../../schema/contracts/events.ts";
import { Problem } from "../../schema/contracts/problem.ts";
import { DEFAULT_SETTINGS } from "../../schema/contracts/project-settings.ts";
import { ProjectDetails } from "../../schema/contracts/projects.ts";
import { callApi, createDeployment, promote, readDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { type FakeBuilder, fakePage, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { type RawResponse, send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";

type ApiDocument = { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

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

function detailsOf(response: RawResponse): ProjectDetails {
  expect([response.status, response.text]).toEqual([200, expect.any(String)]);
  return ProjectDetails.parse(JSON.parse(response.text));
}

function codeOf(response: RawResponse): [number, string] {
  const problem = Problem.parse(JSON.parse(response.text));
  return [response.status, problem.code];
}

/** Deploys a source that nobody deployed before. */
async function deployNew(slug: string, channel = "production"): Promise<Deployment> {
  sources += 1;
  const source = await sendSource(world, slug, { "package.json": `{"n":${sources}}` });
  return settled(world, await createDeployment(world, slug, { source, channel }));
}

async function events(slug: string): Promise<ProjectEvent[]> {
  return JSON.parse((await callApi(world, "GET", `/projects/${slug}/events?limit=500`)).text).events;
}

/** What a visitor sees: the page, or the code of the failure. */
async function shown(label: string): Promise<string> {
  const response = await world.app(label, "/");
  return String(response.headers["x-atelier-error"] ?? response.text);
}

/** An isolate asks the object again after a second. */
const EDGE = { timeout: 4_000, interval: 100 };

describe("a project's settings and name", () => {
  it("begin with the defaults, and change by field", async () => {
    await createProject("atelier-one");
    expect(detailsOf(await callApi(world, "GET", "/projects/atelier-one")).settings).toEqual(DEFAULT_SETTINGS);
    const patch = { name: "One", settings: { build: { root: "apps/web" }, canary: "skip", retention: { days: 3 } } };
    const changed = detailsOf(await callApi(world, "PATCH", "/projects/atelier-one", patch));
    expect(changed).toMatchObject({ name: "One", slug: "atelier-one", settings: { canary: "skip" } });
    await callApi(world, "PATCH", "/projects/atelier-one", { settings: { build: { output: "site" } } });
    const now = detailsOf(await callApi(world, "GET", "/projects/atelier-one"));
    expect(now.settings).toEqual({
      build: { ...DEFAULT_SETTINGS.build, root: "apps/web", output: "site" },
      canary: "skip",
      retention: { days: 3 },
    });
    const told = (await events("atelier-one")).filter(({ type }) => type === "project.updated");
    expect(told.map(({ actor, data }) => [actor, data])).toEqual([
      [
        "development",
        {
          ...{ "name.from": "atelier-one", "name.to": "One" },
          ...{ "build.root.from": null, "build.root.to": "apps/web" },
          ...{ "canary.from": null, "canary.to": '"skip"', "retention.days.from": 30, "retention.days.to": 3 },
        },
      ],
      ["development", { "build.output.from": null, "build.output.to": "site" }],
    ]);
    await expect
      .poll(async () => JSON.parse((await callApi(world, "GET", "/projects?prefix=atelier-one")).text).projects[0].name)
      .toBe("One");
  });

  it("that stay as they are leave no trace, and one key changes once", async () => {
    await createProject("atelier-two");
    const patch = (body: unknown) => world.api("PATCH", "/projects/atelier-two", body, { "idempotency-key": "rename" });
    const [first, second] = await Promise.all([patch({ name: "Two" }), patch({ name: "Two" })]);
    expect([detailsOf(first).name, detailsOf(second).name]).toEqual(["Two", "Two"]);
    expect(codeOf(await patch({ name: "Three" }))).toEqual([409, "idempotency_conflict"]);
    await callApi(world, "PATCH", "/projects/atelier-two", { name: "Two", settings: { build: { root: null } } });
    expect((await events("atelier-two")).filter(({ type }) => type === "project.updated")).toHaveLength(1);
  });

  it.each([
    [{ settings: { build: { root: "../up" } } }, "settings.build.root"],
    [{ settings: { build: { root: "/etc" } } }, "settings.build.root"],
    [{ settings: { build: { root: "a/../../b" } } }, "settings.build.root"],
    [{ settings: { build: { command: "a\nb" } } }, "settings.build.command"],
    [{ settings: { build: { installCommand: "a\u0000b" } } }, "settings.build.installCommand"],
    [{ settings: { build: { command: "" } } }, "settings.build.command"],
    [{ settings: { retention: { days: 0 } } }, "settings.retention.days"],
    [{ settings: { canary: { stages: [50, 5, 100] } } }, "settings.canary"],
    [{ settings: { colour: "red" } }, "settings"],
    [{ slug: "other" }, ""],
    [{ name: " " }, "name"],
  ])("%j is refused", async (patch, path) => {
    const response = await callApi(world, "PATCH", "/projects/atelier-one", patch);
    expect(codeOf(response)).toEqual([422, "body_invalid"]);
    expect(Problem.parse(JSON.parse(response.text)).errors?.[0]?.path).toMatch(new RegExp(`^${path}`));
  });

  it("decide whether a bundle may be used again", async () => {
    await createProject("reuse");
    const source = await sendSource(world, "reuse", { "package.json": "{}" });
    const deploy = async () => settled(world, await createDeployment(world, "reuse", { source }));
    expect(await deploy()).toMatchObject({ status: "live", reused: false });
    expect(await deploy()).toMatchObject({ status: "live", reused: true });
    await callApi(world, "PATCH", "/projects/reuse", { settings: { build: { command: "make" } } });
    expect(await deploy()).toMatchObject({ status: "live", reused: false });
    expect(builder.jobs.at(-1)?.settings).toEqual({ ...DEFAULT_SETTINGS.build, command: "make" });
    await callApi(world, "PATCH", "/projects/reuse", { settings: { build: { command: null } } });
    expect(await deploy()).toMatchObject({ status: "live", reused: true });
  });
});

describe("a deleted project", () => {
  it("stops at the edge within a second, and is back as it was when it is restored", async () => {
    const id = await createProject("lost");
    const live = await deployNew("lost");
    await deployNew("lost", "pr-7");
    expect(await shown("lost")).toBe(fakePage(live.source, 1));
    expect(await shown("lost-pr-7")).toContain("attempt 1");

    const deleted = detailsOf(await callApi(world, "DELETE", "/projects/lost?reason=no%20longer%20needed"));
    const graceMs = Date.parse(deleted.deletion?.purgeAt ?? "") - Date.parse(deleted.deletion?.requestedAt ?? "");
    expect(graceMs).toBe(7 * 86_400_000);
    await expect.poll(() => shown("lost"), EDGE).toBe("host_unknown");
    await expect.poll(() => shown("lost-pr-7"), EDGE).toBe("host_unknown");
    await expect.poll(() => world.copies(id, "lost")).toEqual([]);
    // Asked again, the grace period does not start anew.
    expect(detailsOf(await callApi(world, "DELETE", "/projects/lost")).deletion).toEqual(deleted.deletion);
    expect(detailsOf(await callApi(world, "GET", "/projects/lost")).deletion).toEqual(deleted.deletion);
    const listed = () =>
      callApi(world, "GET", "/projects?prefix=lost").then(({ text }) => JSON.parse(text).projects[0]);
    await expect.poll(async () => (await listed()).deletion).toEqual(deleted.deletion);
    expect(codeOf(await callApi(world, "POST", "/projects", { slug: "lost" }))).toEqual([409, "slug_taken"]);

    expect(await world.evictProject(id)).toBe(true);
    expect(detailsOf(await callApi(world, "POST", "/projects/lost/restore", {})).deletion).toBeNull();
    await expect.poll(() => shown("lost"), EDGE).toBe(fakePage(live.source, 1));
    await expect.poll(() => shown("lost-pr-7"), EDGE).toContain("attempt 1");
    await expect.poll(() => world.copies(id, "lost")).toHaveLength(3);
    await expect.poll(async () => (await listed()).deletion).toBeNull();
    expect((await deployNew("lost")).status).toBe("live");
    const told = (await events("lost")).filter(({ type }) => /^project\.(deleted|restored)/.test(type));
    expect(told.map(({ type, reason }) => [type, reason])).toEqual([
      ["project.deleted", "no longer needed"],
      ["project.restored", null],
    ]);
  });

  it("takes no change, by any route there is, and says how to restore it; what is read stays readable", async () => {
    await createProject("frozen");
    const live = await deployNew("frozen");
    await callApi(world, "DELETE", "/projects/frozen");
    const { paths } = JSON.parse((await send(world.origin, API_HOST, "/openapi.json")).text) as ApiDocument;
    const changes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== "get" && path.includes("{project}"))
        .map((method) => `${method.toUpperCase()} ${path.replace("/v1", "")}`),
    );
    const allowed = ["DELETE /projects/{project}", "POST /projects/{project}/restore"];
    expect(changes).toEqual(expect.arrayContaining(allowed));
    expect(changes.length).toBeGreaterThan(12);
    for (const change of changes.filter((name) => !allowed.includes(name))) {
      const [method = "", path = ""] = change.split(" ");
      const filled = path
        .replace("{project}", "frozen")
        .replace("{deployment}", live.id)
        .replace("{channel}", "production")
        .replace(/\{\w+\}/g, "anything");
      const response = await callApi(world, method, filled, method === "DELETE" ? undefined : {});
      expect([change, ...codeOf(response)]).toEqual([change, 409, "project_deleted"]);
      expect(response.text).toContain("/v1/projects/frozen/restore");
    }
    for (const read of ["", "/deployments", `/deployments/${live.id}`, "/channels", "/events", "/retention/plan"]) {
      expect((await callApi(world, "GET", `/projects/frozen${read}`)).status).toBe(200);
    }
  });

  it("takes no change either while the directory has not heard of the deletion", async () => {
    const id = await createProject("unheard");
    const live = await deployNew("unheard");
    await callApi(world, "DELETE", "/projects/unheard");
    const rows = () => world.directorySql("SELECT id FROM projects WHERE id = ? AND deleted_at IS NOT NULL", id);
    await expect.poll(rows).toHaveLength(1);
    await world.directorySql("UPDATE projects SET deleted_at = NULL, purge_at = NULL WHERE id = ?", id);
    const path = "/projects/unheard";
    const refused = await Promise.all([
      callApi(world, "POST", `${path}/deployments`, { source: live.source }),
      callApi(world, "POST", `${path}/channels/production/promote`, { deployment: live.id }),
      callApi(world, "POST", `${path}/channels/production/rollback`, {}),
      callApi(world, "PATCH", path, { name: "Cold" }),
      callApi(world, "PATCH", `${path}/deployments/${live.id}`, { pinned: true }),
      callApi(world, "DELETE", `${path}/channels/pr-1`),
      callApi(world, "POST", `${path}/webhooks`, { url: "https://example.com/" }),
    ]);
    for (const response of refused) expect(codeOf(response)).toEqual([409, "project_deleted"]);
  });

  it("cancels what was in progress", async () => {
    await createProject("halted");
    let begun = () => {};
    const reached = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    builder.onCall = async (call) => {
      if (call !== "manifest") return true;
      begun();
      await held;
      return true;
    };
    const source = await sendSource(world, "halted", { "package.json": '{"name":"halted"}' });
    const deployment = await createDeployment(world, "halted", { source });
    await reached;
    await callApi(world, "DELETE", "/projects/halted");
    release();
    expect(await settled(world, deployment)).toMatchObject({
      status: "failed",
      failure: { reason: "cancelled", detail: "The project was deleted." },
    });
    detailsOf(await callApi(world, "POST", "/projects/halted/restore", {}));
    expect(await readDeployment(world, deployment)).toMatchObject({ status: "failed" });
    expect((await deployNew("halted")).status).toBe("live");
  });
});

describe("a deleted preview channel", () => {
  it("ends at the edge, and comes back one revision on with nothing retained", async () => {
    const id = await createProject("gallery");
    await deployNew("gallery", "pr-3");
    const second = await deployNew("gallery", "pr-3");
    expect(await shown("gallery-pr-3")).toBe(fakePage(second.source, 1));
    const channel = "/projects/gallery/channels/pr-3";

    const deleted = await callApi(world, "DELETE", `${channel}?reason=merged`);
    expect([deleted.status, JSON.parse(deleted.text)]).toMatchObject([
      200,
      { channel: "pr-3", route: null, changed: true },
    ]);
    await expect.poll(() => shown("gallery-pr-3"), EDGE).toBe("nothing_deployed");
    await expect.poll(() => world.copies(id, "gallery")).toHaveLength(1);
    expect(JSON.parse((await callApi(world, "GET", channel)).text).route).toBeNull();
    expect(JSON.parse((await callApi(world, "GET", "/projects/gallery/channels")).text).channels).toEqual([]);
    expect((await readDeployment(world, second)).status).toBe("superseded");
    const again = await callApi(world, "DELETE", channel);
    expect([again.status, JSON.parse(again.text)]).toMatchObject([200, { changed: false }]);
    const told = (await events("gallery")).filter(({ type }) => type === "channel.deleted");
    expect(told).toMatchObject([{ channel: "pr-3", reason: "merged", data: { rev: 2, cancelled: 0 } }]);
    expect(codeOf(await callApi(world, "POST", `${channel}/rollback`, {}))).toEqual([404, "channel_not_found"]);

    const third = await deployNew("gallery", "pr-3");
    const { route } = JSON.parse((await callApi(world, "GET", channel)).text);
    expect(route).toMatchObject({ rev: 3, live: { deployment: third.id }, retained: [] });
    await expect.poll(() => shown("gallery-pr-3"), EDGE).toBe(fakePage(third.source, 1));
    expect(codeOf(await callApi(world, "POST", `${channel}/rollback`, {}))).toEqual([409, "no_earlier_release"]);
  });

  it("is brought back by a promote of what it had", async () => {
    await createProject("museum");
    const only = await deployNew("museum", "pr-1");
    await callApi(world, "DELETE", "/projects/museum/channels/pr-1");
    const { changed, route } = await promote(world, only);
    expect([changed, route.rev, route.retained]).toEqual([true, 2, []]);
    await expect.poll(() => shown("museum-pr-1"), EDGE).toBe(fakePage(only.source, 1));
  });

  it("is never production, and not one that nobody deployed to", async () => {
    await createProject("solid");
    await deployNew("solid");
    const remove = (channel: string) => callApi(world, "DELETE", `/projects/solid/channels/${channel}`);
    expect(codeOf(await remove("production"))).toEqual([409, "channel_protected"]);
    expect(codeOf(await remove("pr-9"))).toEqual([404, "channel_not_found"]);
    expect(codeOf(await remove("staging"))).toEqual([404, "channel_not_found"]);
  });
});
