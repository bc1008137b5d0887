/** The end of a deleted project: what there was of it, everywhere, is gone after the grace period, and not before. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DurableObjectNamespace } from "@cloudflare/workers-types";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectIdFrom } from "../../schema/ids.ts";
import { callApi, createDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { type FakeBuilder, fakePage, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";

const GRACE_MS = 1_500;
const TABLES = "SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*' AND name NOT GLOB '__mini*'";

let world: HarnessWorld & { token: string };
let builder: FakeBuilder;

beforeAll(async () => {
  const harness = await startHarnessWorld({ controlVars: { DELETION_GRACE_DAYS: String(GRACE_MS / 86_400_000) } });
  world = { ...harness, token: harness.credentials.apiToken.token };
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

async function createProject(slug: string): Promise<string> {
  return JSON.parse((await callApi(world, "POST", "/projects", { slug })).text).id;
}

async function deploy(slug: string, channel = "production") {
  const source = await sendSource(world, slug, { "package.json": `{"name":"${slug}-${channel}"}` });
  return settled(world, await createDeployment(world, slug, { source, channel }));
}

async function createToken(name: string, projects: string[]): Promise<string> {
  return JSON.parse((await callApi(world, "POST", "/tokens", { name, scopes: ["read"], projects })).text).id;
}

/** Once the directory has forgotten it, only the object's own storage is left, for a moment. */
async function purged(id: string): Promise<void> {
  const rows = () => world.directorySql("SELECT id FROM projects WHERE id = ?", id);
  await expect.poll(rows, { timeout: 20_000, interval: 50 }).toEqual([]);
  await expect.poll(() => tablesOf(id), { timeout: 5_000, interval: 50 }).toEqual([]);
}

/** Not those of the platform itself. */
function tablesOf(id: string): Promise<Record<string, unknown>[]> {
  return world.projectSql(id, TABLES);
}

describe("a project that stays deleted", () => {
  it("leaves nothing behind but other projects, and its slug is free", async () => {
    const id = await createProject("gone");
    const other = await createProject("neighbour");
    const kept = await deploy("neighbour");
    await deploy("gone");
    await deploy("gone", "pr-5");
    // More than one step can delete: that is 500.
    const more = Array.from({ length: 520 }, (_, n) => `blobs/${id}/${String(n).padStart(64, "0")}`);
    await Promise.all(more.map((key) => world.putObject(key, "x")));
    await createToken("its own", [id]);
    const shared = await createToken("of both", [id, other]);
    expect((await world.listObjects(id)).length).toBeGreaterThan(more.length + 5);

    expect((await callApi(world, "DELETE", "/projects/gone")).status).toBe(200);
    expect((await world.listObjects(id)).length).toBeGreaterThan(more.length + 5);
    await sleep(GRACE_MS);
    // Whatever is still there of it: nobody finds it any more.
    for (const name of ["gone", id]) {
      const [read, restore] = await Promise.all([
        callApi(world, "GET", `/projects/${name}`),
        callApi(world, "POST", `/projects/${name}/restore`, {}),
      ]);
      expect([read.status, restore.status]).toEqual([404, 404]);
    }
    await purged(id);

    expect(await world.listObjects(id)).toEqual([]);
    expect(await world.copies(id, "gone")).toEqual([]);
    for (const table of ["hostnames", "deployment_index"]) {
      expect(await world.directorySql(`SELECT * FROM ${table} WHERE project = ?`, id)).toEqual([]);
    }
    const tokens = await world.directorySql("SELECT id FROM tokens WHERE projects LIKE ?", `%${id}%`);
    expect(tokens).toEqual([{ id: shared }]);
    expect((await world.app("neighbour", "/")).text).toBe(fakePage(kept.source, 1));
    expect((await world.listObjects(other)).length).toBeGreaterThanOrEqual(4);

    const again = await createProject("gone");
    expect(again).not.toBe(id);
    const fresh = await deploy("gone");
    expect(fresh).toMatchObject({ status: "live", reused: false, project: again });
    await expect.poll(async () => (await world.app("gone", "/")).text).toBe(fakePage(fresh.source, 1));
    expect((await callApi(world, "GET", `/projects/${id}`)).status).toBe(404);
  });

  it("that somebody still asks for keeps no storage because of it", async () => {
    const id = await createProject("asked");
    await deploy("asked");
    expect((await world.app("asked", "/")).status).toBe(200);
    await callApi(world, "DELETE", "/projects/asked");
    for (const until = Date.now() + GRACE_MS + 1_000; Date.now() < until; await sleep(100))
      await world.app("asked", "/");
    await purged(id);
    await world.evictProject(id);
    expect((await world.app("asked", "/")).headers["x-atelier-error"]).toBe("host_unknown");
    expect(await tablesOf(id)).toEqual([]);
  });
});

describe("a project that did not come into the directory", () => {
  const control = () => world.server.getWorker<{ PROJECT: DurableObjectNamespace }>("atelier-control");
  const objects = () => control().listDurableObjectIds("PROJECT");

  it("leaves no object with anything in it: of twenty that want one slug, one gets it", async () => {
    const seen = new Set(await objects());
    // Most come so late that they find the slug taken; those that are meant find it free, and lose it then.
    for (let round = 1, late = 0; late === 0; round += 1) {
      expect(round).toBeLessThan(30);
      const slug = `wanted-${round}`;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => callApi(world, "POST", "/projects", { slug })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(19).fill(409)]);
      const made = (await objects()).filter((id) => !seen.has(id));
      const held = await Promise.all(
        made.map(async (id) => (await control().getDurableObjectStorage("PROJECT", { id })).exec(TABLES)),
      );
      expect(held.filter((tables) => tables.length > 0)).toHaveLength(1);
      for (const id of made) seen.add(id);
      late = made.length - 1;
    }
  });

  /** As a request that ends between the object and the directory. Said again, it changes nothing. */
  async function conceive(slug: string, id: string = projectIdFrom(uuidv7())): Promise<string> {
    const { PROJECT } = await control().getEnv();
    const object = PROJECT.get(PROJECT.idFromName(id)) as unknown as {
      create(project: object, actor: object): Promise<void>;
    };
    await object.create({ id, slug, name: slug }, { token: null, name: "test" });
    return id;
  }
  /** The time has come. Whatever the object is told, it looks what is due. */
  async function askNow(slug: string, id: string): Promise<void> {
    await world.projectSql(id, "UPDATE outbox SET due_at = 1 WHERE kind = 'confirm'");
    await conceive(slug, id);
  }

  it("asks the directory itself when nobody says how it went, and ends", async () => {
    const id = await conceive("unborn");
    expect(await world.projectSql(id, "SELECT kind FROM outbox ORDER BY kind")).toEqual([
      { kind: "confirm" },
      { kind: "sweep" },
    ]);
    await askNow("unborn", id);
    await expect.poll(() => tablesOf(id), { timeout: 10_000 }).toEqual([]);
  });

  it("stays when it is there, and tells the edge", async () => {
    const id = await conceive("born-late");
    const at = new Date().toISOString();
    const row =
      "INSERT INTO projects (id, slug, name, created_at, created_by) VALUES (?, 'born-late', 'late', ?, 'test')";
    await world.directorySql(row, id, at);
    await askNow("born-late", id);
    await expect.poll(() => world.copies(id, "born-late"), { timeout: 10_000 }).toHaveLength(1);
    expect(await world.projectSql(id, "SELECT kind FROM outbox WHERE kind = 'confirm'")).toEqual([]);
    expect((await callApi(world, "GET", "/projects/born-late")).status).toBe(200);
  });
});

describe("a project that is restored in time", () => {
  it("is not purged when the time would have come", async () => {
    const id = await createProject("saved");
    const live = await deploy("saved");
    // The finished log is written after the deployment is live.
    await expect.poll(() => world.listObjects(id)).toContainEqual(expect.stringMatching(/^logs\//));
    const before = await world.listObjects(id);
    await callApi(world, "DELETE", "/projects/saved");
    expect((await callApi(world, "POST", "/projects/saved/restore", {})).status).toBe(200);
    await sleep(GRACE_MS + 1_000);
    expect(await world.listObjects(id)).toEqual(before);
    expect((await callApi(world, "GET", "/projects/saved")).status).toBe(200);
    await expect.poll(async () => (await world.app("saved", "/")).text).toBe(fakePage(live.source, 1));
  });
});
