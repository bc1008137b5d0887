/** The commands other than deploy, whole: what they ask of the API, and what comes out on stdout. */
import { describe, expect, it } from "vitest";
import { Flip } from "../../../schema/contracts/channels.ts";
import { DeploymentPage, LogLine } from "../../../schema/contracts/deployments.ts";
import { Digest } from "../../../schema/digest.ts";
import { Channel } from "../../../schema/hostname.ts";
import { QUICK_PLAY } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { startWithShop } from "./start-with-shop.ts";

describe.concurrent("list", () => {
  it("shows a deployment a line, newest first, for the project of the folder", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const older = await api.addDeployment(shop, { status: "superseded", message: "First" });
    const newer = await api.addDeployment(shop, {
      status: "failed",
      build: null,
      failure: { reason: "install_failed", detail: "npm", help: "Read it" },
      commit: { sha: "0123456789abcdef", message: "Fix\x1b[2J the shop\n\nBody", dirty: true },
    });
    const { code, stdout } = await run(["list"], { cwd });
    const [head, first, second, end] = stdout.split("\n");
    expect(code).toBe(0);
    expect(head).toMatch(/^DEPLOYMENT +STATUS +CHANNEL +BUILD +COMMIT +AGE +MESSAGE$/);
    expect(first).toMatch(
      new RegExp(`^${newer.id}  failed \\(install_failed\\)  production  - +0123456\\+  \\d+s ago  Fix the shop$`),
    );
    expect(second).toMatch(new RegExp(`^${older.id}  superseded +production  b1b1b1b1b1b1  - +\\ds ago  First$`));
    expect(end).toBe("");
  });

  it("asks for the channel of a pull request and for as many as it is told", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    await api.addDeployment(shop);
    const preview = await api.addDeployment(shop, { channel: Channel.parse("pr-7") });
    const { stdout } = await run(["list", "--pr", "7", "--limit", "3", "--json"], { cwd });
    expect(DeploymentPage.parse(JSON.parse(stdout)).deployments.map(({ id }) => id)).toEqual([preview.id]);
    expect(api.seen.at(-1)?.path).toMatch(/\/deployments\?channel=pr-7&limit=3$/);
  });

  it("says what to do when there is nothing, and prints nothing", async () => {
    const { run, cwd } = await startWithShop();
    const { code, stdout, stderr } = await run(["list"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toMatch(/no deployments of shop yet\. Make one with: atelier deploy/);
  });
});

describe.concurrent("logs", () => {
  it("prints the log as text, without what could steer the terminal", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    api.play = {
      lines: [...QUICK_PLAY.lines.slice(0, 3), { kind: "error", step: "build", text: "\x1b[31mbad\x1b[0m" }],
    };
    const { id } = await api.addDeployment(shop);
    const { stdout, stderr } = await run(["logs", id], { cwd });
    expect(stdout).toBe("▸ Stage the source\n▸ Install packages\n  added 14 packages\n  bad\n");
    expect(stderr).toBe("");
    expect(api.seen.at(-1)?.path).toMatch(/\/logs\?after=0&follow=false$/);
  });

  it("follows, going on after the last line it saw when the connection breaks off", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    api.play = { ...QUICK_PLAY, breaks: [3, 1] };
    const { id } = await api.addDeployment(shop, { status: "building", phase: "install" });
    const { code, stdout } = await run(["logs", id, "-f", "--json"], { cwd });
    const lines = stdout.trimEnd().split("\n");
    expect(code).toBe(0);
    expect(lines.map((line) => LogLine.parse(JSON.parse(line)).seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const reads = api.seen.filter(({ path }) => path.includes("/logs?")).map(({ path }) => path.split("?")[1]);
    expect(reads.slice(0, 3)).toEqual(["after=0&follow=true", "after=3&follow=true", "after=4&follow=true"]);
  });

  it("needs no project for a whole id, from wherever it is called", async () => {
    const { api, run, shop } = await startWithShop();
    const { id } = await api.addDeployment(shop);
    const { code } = await run(["logs", id], { cwd: await makeFolder() });
    expect(code).toBe(0);
    expect(api.seen[0]?.path).toBe(`/deployments/${id}`);
  });
});

describe.concurrent("inspect", () => {
  it("shows what is known of a deployment, found by the beginning of its id, and when it went live", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const deployment = await api.addDeployment(shop, {
      commit: { sha: "0123456789abcdef", branch: "main", author: "Ada", message: "Open the shop", dirty: true },
    });
    const { code, stdout } = await run(["inspect", deployment.id.slice(0, 17)], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^deployment +${deployment.id}$`, "m"));
    expect(stdout).toMatch(/^status +live$/m);
    expect(stdout).toMatch(new RegExp(`^build +${"b1".repeat(32)}$`, "m"));
    expect(stdout).toMatch(
      /^commit +0123456789ab, with changes that are in no commit on main by Ada "Open the shop"$/m,
    );
    expect(stdout).toMatch(/^bundle +5 files, 59\.8 KiB\n +3 new blobs, 20 KiB stored$/m);
    expect(stdout).toMatch(/^went live +\S+ by a deploy of tests, revision 1$/m);
  });

  it("shows why a deployment failed and what to do about it", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const failure = {
      reason: "output_empty" as const,
      detail: "dist has no files",
      help: "The output folder has no files.",
    };
    const { id } = await api.addDeployment(shop, { status: "failed", failure, build: null, bundle: null });
    const { stdout } = await run(["inspect", id], { cwd });
    expect(stdout).toMatch(
      /^status +failed \(output_empty\)\nfailure +dist has no files\.\n +The output folder has no files\.$/m,
    );
  });

  it("gives the deployment and its releases with --json", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    await api.addDeployment(shop);
    const deployment = await api.addDeployment(shop);
    const { stdout } = await run(["inspect", deployment.id, "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      deployment: { id: deployment.id },
      releases: [{ deployment: deployment.id }],
    });
  });
});

describe.concurrent("promote and rollback", () => {
  it("promote makes a deployment live on its own channel and prints the URL", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, { channel: Channel.parse("pr-7"), status: "superseded" });
    const args = ["promote", id, "--reason", "Bring it back", "--expected-rev", "6", "--force"];
    const { code, stdout, stderr } = await run(args, { cwd });
    const [request] = api.requests("POST", `/projects/${shop.id}/channels/pr-7/promote`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "http://shop-pr-7.apps.localhost:8787\n" });
    expect(stderr).toContain(`✔ pr-7 now serves build b1b1b1b1b1b1 of ${id}, revision 7`);
    expect(JSON.parse(String(request?.body))).toEqual({
      deployment: id,
      env: "snapshot",
      force: true,
      reason: "Bring it back",
      expectedRev: 6,
    });
  });

  it("rollback returns production to the release before", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const older = await api.addDeployment(shop, { status: "superseded" });
    await api.addDeployment(shop);
    const { code, stdout } = await run(["rollback", "--json"], { cwd });
    expect(code).toBe(0);
    expect(Flip.parse(JSON.parse(stdout)).route.live.deployment).toBe(older.id);
    expect(JSON.parse(String(api.seen.at(-1)?.body))).toEqual({});
  });

  it.each([
    ["b1".repeat(32), ", the same build as before, revision 7"],
    ["c2".repeat(32), ", revision 7"],
  ])("rollback from build %s says whether the build stays the same", async (build, ending) => {
    const { api, run, shop, cwd } = await startWithShop();
    const older = await api.addDeployment(shop, { status: "superseded" });
    await api.addDeployment(shop, { build: Digest.parse(build) });
    const { stderr } = await run(["rollback"], { cwd });
    expect(stderr).toContain(`now serves build b1b1b1b1b1b1 of ${older.id}${ending}\n`);
  });

  it("rollback succeeds although the history can not be read after it", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    await api.addDeployment(shop, { status: "superseded" });
    await api.addDeployment(shop);
    api.onRequest = ({ path }) => (path.includes("/releases?") ? "drop" : undefined);
    const { code, stdout } = await run(["rollback"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${shop.url}\n` });
  });

  it.each(["promote", "rollback"])("%s repeats a lost answer with the same idempotency key", async (command) => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, { status: "superseded" });
    await api.addDeployment(shop);
    api.onRequest = ({ method }, nth) => (method === "POST" && nth === 1 ? "lose" : undefined);
    const { code } = await run(command === "promote" ? ["promote", id] : ["rollback"], { cwd });
    const keys = api.requests("POST", "/projects/").map(({ headers }) => headers["idempotency-key"]);
    expect(code).toBe(0);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });
});
