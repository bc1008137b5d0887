/** `atelier projects`: all of them, one of them, its settings, its end. */
import { describe, expect, it } from "vitest";
import { Project, ProjectDetails, ProjectPage } from "../../../schema/contracts/projects.ts";
import { startWithShop } from "./start-with-shop.ts";

describe.concurrent("projects", () => {
  it("lists them with their URLs, and says which are deleted", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const gone = api.addProject("gone");
    const deletion = { requestedAt: "2026-11-23T12:00:00.000Z", purgeAt: "2026-11-30T12:00:00.000Z" };
    api.projects.set(gone.slug, { ...gone, deletion });
    const { stdout } = await run(["projects"], { cwd });
    const [head, first, second] = stdout.split("\n");
    expect(head).toMatch(/^SLUG +AGE +URL +NAME$/);
    expect(first).toMatch(/^gone +\ds ago +deleted, gone for good 2026-11-30 12:00:00Z +gone$/);
    expect(second).toMatch(new RegExp(`^shop +\\ds ago +${shop.url} +shop$`));
  });

  it("lists all of them, however many pages they fill", async () => {
    const { api, run, cwd } = await startWithShop();
    for (let index = 0; index < 240; index++) api.addProject(`app-${1_000 + index}`);
    const { code, stdout } = await run(["projects", "list", "--json"], { cwd });
    const { projects, next } = ProjectPage.parse(JSON.parse(stdout));
    expect({ code, next }).toEqual({ code: 0, next: null });
    expect(projects.map(({ slug }) => slug)).toEqual([...api.projects.keys()].sort());
    expect(api.seen.map(({ path }) => path)).toEqual([
      "/projects?limit=100",
      "/projects?limit=100&cursor=projects%40100",
      "/projects?limit=100&cursor=projects%40200",
    ]);
  });

  it("does not read for ever when the API's list has no end", async () => {
    const { api, run, cwd } = await startWithShop();
    api.onRequest = () => ({ status: 200, text: '{"projects":[],"next":"again"}' });
    const { code, stderr } = await run(["projects"], { cwd });
    expect(code).toBe(4);
    expect(stderr).toContain("does not come to an end");
    expect(api.seen).toHaveLength(2);
  });

  it("creates one and prints its URL", async () => {
    const { api, run, cwd } = await startWithShop();
    const { code, stdout } = await run(["projects", "create", "stand", "--name", "My stand"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "http://stand.apps.localhost:8787\n" });
    expect(JSON.parse(String(api.seen.at(-1)?.body))).toEqual({ slug: "stand", name: "My stand" });
  });

  it("prints the project itself with --json", async () => {
    const { run, cwd } = await startWithShop();
    const { stdout } = await run(["projects", "create", "stand", "--json"], { cwd });
    expect(Project.parse(JSON.parse(stdout)).slug).toBe("stand");
  });

  it("refuses a slug that is taken with exit code 1", async () => {
    const { run, cwd } = await startWithShop();
    const { code, stderr } = await run(["projects", "create", "shop"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("(slug_taken)");
  });
});

describe.concurrent("projects show, rename and set", () => {
  it("shows the settings in the words in which they are set", async () => {
    const { run, cwd } = await startWithShop();
    const set = ["projects", "set", "shop", "build.root=apps/web", "retention.days=60", "canary=skip"];
    const { code, stdout, stderr } = await run(set, { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(
      "  ✔ build.root is apps/web, retention.days is 60, canary is skip. Deployments from now on take it.\n",
    );
    const shown = await run(["projects", "show", "shop"], { cwd });
    expect(shown.stdout).toMatch(/^project +shop$/m);
    expect(shown.stdout).toMatch(/^build\.root +apps\/web$/m);
    expect(shown.stdout).toMatch(/^build\.command +the default$/m);
    expect(shown.stdout).toMatch(/^retention\.days +60$/m);
    expect(shown.stdout).toMatch(/^canary +skip$/m);
  });

  it("sends only what is named", async () => {
    const { api, run, cwd } = await startWithShop();
    const { stdout } = await run(["projects", "set", "shop", "build.output=", "retention.days=7", "--json"], { cwd });
    expect(JSON.parse(String(api.seen.at(-1)?.body))).toEqual({
      settings: { build: { output: null }, retention: { days: 7 } },
    });
    expect(ProjectDetails.parse(JSON.parse(stdout)).settings.retention.days).toBe(7);
  });

  it.each(["show", "restore"])("%s of a slug that is none is a wrong call", async (command) => {
    const { api, run, cwd } = await startWithShop();
    const { code, stderr } = await run(["projects", command, "My_Shop"], { cwd });
    expect({ code, seen: api.seen }).toEqual({ code: 2, seen: [] });
    expect(stderr).toContain("The argument 'slug' is no usable slug: \"My_Shop\" must be");
  });

  it("renames for people, not for hosts", async () => {
    const { api, run, cwd } = await startWithShop();
    const { code, stderr } = await run(["projects", "rename", "shop", "The \x1b[31mShop"], { cwd });
    expect(code).toBe(0);
    expect(stderr).toBe('  ✔ shop is called "The Shop" now.\n');
    expect(api.seen.at(-1)?.method).toBe("PATCH");
  });
});

describe.concurrent("projects delete and restore", () => {
  it.each([
    ["without --confirm", [], "Nothing was deleted."],
    ["with another slug", ["--confirm", "stop"], 'Nothing was deleted: --confirm says "stop", not "shop".'],
  ])("%s nothing is asked of the API, and the message says what would happen", async (_, flags, message) => {
    const { api, run, cwd } = await startWithShop();
    const { code, stdout, stderr } = await run(["projects", "delete", "shop", ...flags], { cwd });
    expect({ code, stdout, seen: api.seen }).toEqual({ code: 2, stdout: "", seen: [] });
    expect(stderr).toContain(message);
    expect(stderr).toContain("atelier projects delete shop --confirm shop");
    expect(stderr).toContain("All its URLs stop answering");
    expect(stderr).toContain('"atelier projects restore shop" brings it back');
  });

  it("deletes, says until when it can be brought back, and brings it back", async () => {
    const { api, run, cwd } = await startWithShop();
    const args = ["projects", "delete", "shop", "--confirm", "shop", "--reason", "Closed for good"];
    const { code, stderr } = await run(args, { cwd });
    expect(code).toBe(0);
    expect(stderr).toBe(
      "  ✔ Deleted shop. Until 2026-11-30 12:00:00Z it can be brought back: atelier projects restore shop\n",
    );
    expect(api.seen.at(-1)?.path).toMatch(/^\/projects\/prj_[^/]+\?reason=Closed\+for\+good$/);
    const restored = await run(["projects", "restore", "shop", "--json"], { cwd });
    expect(ProjectDetails.parse(JSON.parse(restored.stdout)).deletion).toBeNull();
    expect(restored.stderr).toContain("shop is back, and answers at http://shop.apps.localhost:8787");
  });
});
