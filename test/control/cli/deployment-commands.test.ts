/** Lists of deployments, and what can be done with one: cancel, retry, pin. */
import { describe, expect, it } from "vitest";
import { Deployment, DeploymentPage } from "../../../schema/contracts/deployments.ts";
import { Digest } from "../../../schema/digest.ts";
import { Channel } from "../../../schema/hostname.ts";
import { startWithShop } from "./start-with-shop.ts";

const FAILED = {
  status: "failed",
  build: null,
  failure: { reason: "build_failed", detail: "vite build ended with exit code 1", help: "Read the log." },
} as const;

describe.concurrent("list", () => {
  it("follows the cursors with --all, and gives them all as one page", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    for (let index = 0; index < 230; index++) await api.addDeployment(shop);
    const { code, stdout } = await run(["list", "--all", "--json"], { cwd });
    const page = DeploymentPage.parse(JSON.parse(stdout));
    expect(code).toBe(0);
    expect(page.next).toBeNull();
    expect(page.deployments.map(({ id }) => id)).toEqual([...api.deployments.keys()].toReversed());
    const asked = api.requests("GET", `/projects/${shop.id}/deployments`).map(({ path }) => path.split("?")[1]);
    expect(asked).toEqual(["limit=100", "limit=100&cursor=deployments%40100", "limit=100&cursor=deployments%40200"]);
  });

  it("says that there are more than one page shows", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    for (let index = 0; index < 3; index++) await api.addDeployment(shop);
    const { stdout, stderr } = await run(["list", "--limit", "2"], { cwd });
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(stderr).toContain("There are more: --limit shows up to 100, --all shows all.");
  });

  it("asks for a status and for a build, whole or as it is shown", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const build = Digest.parse("c2".repeat(32));
    await api.addDeployment(shop);
    const { id } = await api.addDeployment(shop, { build, status: "superseded" });
    await api.addDeployment(shop, FAILED);
    for (const given of [build, build.slice(0, 12)]) {
      const { stdout } = await run(["list", "--status", "superseded", "--build", given, "--json"], { cwd });
      expect(DeploymentPage.parse(JSON.parse(stdout)).deployments.map((deployment) => deployment.id)).toEqual([id]);
      expect(api.seen.at(-1)?.path).toContain(`?status=superseded&build=${build}&limit=20`);
    }
  });

  it("says so when no deployment is as asked", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    await api.addDeployment(shop);
    const { code, stdout, stderr } = await run(["list", "--status", "failed"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("No deployment of shop is like that. Without filters: atelier list -p shop");
  });
});

describe.concurrent("cancel", () => {
  it("ends a deployment in progress, with a reason", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, { status: "building", phase: "install" });
    const { code, stdout, stderr } = await run(["cancel", id, "--reason", "Wrong branch"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(`  ✔ Cancelled ${id}. What was live on production before stays live.\n`);
    expect(JSON.parse(String(api.seen.at(-1)?.body))).toEqual({ reason: "Wrong branch" });
  });

  it("gives the deployment with --json", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, { status: "building", phase: "install" });
    const { stdout } = await run(["cancel", id, "--json"], { cwd });
    expect(Deployment.parse(JSON.parse(stdout)).failure?.reason).toBe("cancelled");
  });

  it("of one that is over is refused with exit code 1", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop);
    const { code, stderr } = await run(["cancel", id], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("(not_cancellable)");
  });
});

describe.concurrent("retry", () => {
  it("follows the new deployment until it is live, and prints its URL", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const channel = Channel.parse("pr-7");
    const { id } = await api.addDeployment(shop, { ...FAILED, channel });
    const { code, stdout, stderr } = await run(["retry", id], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "http://shop-pr-7.apps.localhost:8787\n" });
    expect(stderr).toContain(`Deploying shop to pr-7 again, from the source of ${id}`);
    expect(stderr).toMatch(/✔ Build /);
    expect(stderr).toMatch(/shop is live on pr-7 after \d+\.\ds/);
  });

  it("returns at once with --no-wait, and asks for a fresh build with --fresh", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, FAILED);
    const { code, stdout, stderr } = await run(["retry", id, "--fresh", "--no-wait", "--json"], { cwd });
    const { retryOf, status } = Deployment.parse(JSON.parse(stdout));
    expect({ code, retryOf, status }).toEqual({ code: 0, retryOf: id, status: "building" });
    expect(stderr).toMatch(/is on its way\. Follow it with: atelier logs -f dpl_/);
    const [request] = api.requests("POST", `/projects/${shop.id}/deployments/${id}/retry`);
    expect(JSON.parse(String(request?.body))).toEqual({ fresh: true });
  });

  it("that fails again ends with exit code 1 and the log's last lines", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, FAILED);
    api.play = {
      lines: [{ kind: "output", step: "build", text: "Could not resolve ./nowhere" }],
      failure: { reason: "build_failed", detail: "vite build ended with exit code 1" },
    };
    const { code, stdout, stderr } = await run(["retry", id], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Could not resolve ./nowhere");
    expect(stderr).toContain("(build_failed)");
  });

  it("says how to follow it after Ctrl-C", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop, FAILED);
    api.play = { lines: [], hangs: true };
    const { code, stderr } = await run(["retry", id], {
      cwd,
      onStart: (child) => {
        api.onRequest = ({ path }) => {
          if (path.includes("/logs")) child.kill("SIGINT");
          return undefined;
        };
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/goes on without this command\. Follow it with: atelier logs -f dpl_/);
  });
});

describe.concurrent("pin and unpin", () => {
  it("keep a bundle, and leave it to retention again", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const { id } = await api.addDeployment(shop);
    const pinned = await run(["pin", id], { cwd });
    expect(pinned).toEqual({
      code: 0,
      stdout: "",
      stderr: `  ✔ Pinned ${id}: its bundle stays until it is unpinned.\n`,
    });
    expect((await run(["inspect", id], { cwd })).stdout).toMatch(/^pinned +yes: never removed by retention$/m);
    const unpinned = await run(["unpin", id, "--json"], { cwd });
    expect(Deployment.parse(JSON.parse(unpinned.stdout)).pinned).toBe(false);
  });
});
