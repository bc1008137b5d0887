/** Every command of the CLI but deploy's own story (deploy.test.ts), once against the real platform. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChannelPage, ReleasePage } from "../../schema/contracts/channels.ts";
import { Deployment, DeploymentPage } from "../../schema/contracts/deployments.ts";
import { ProjectEvent } from "../../schema/contracts/events.ts";
import { ProjectDetails, ProjectPage } from "../../schema/contracts/projects.ts";
import { RetentionPlan } from "../../schema/contracts/retention.ts";
import { ApiToken, ApiTokenPage } from "../../schema/contracts/tokens.ts";
import { DeliveryPage, Webhook, WebhookPage } from "../../schema/contracts/webhooks.ts";
import { readTokenId } from "../../schema/token.ts";
import { plainApp } from "../support/apps.ts";
import { type CliResult, runCli } from "../support/cli.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";

const BOOTSTRAP_SECRET = "a-bootstrap-secret-of-at-least-32-characters";

let world: FullWorld;
let receiver: WebhookReceiver;
let app: string;
let first: Deployment;
let preview: Deployment;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  world = await startFullWorld({}, { controlVars: { BOOTSTRAP_SECRET, WEBHOOK_PRIVATE_HOSTS: receiver.host } });
  app = mkdtempSync(join(tmpdir(), "atelier-cli-"));
  writeApp("one");
});
afterAll(async () => {
  await world.close();
  await receiver.close();
  rmSync(app, { recursive: true, force: true });
});

function writeApp(page: string): void {
  for (const [name, text] of Object.entries({ ...plainApp(page), ".npmrc": "fund=false\n" })) {
    writeFileSync(join(app, name), text.replace('"name":"plain"', '"name":"shop"'));
  }
}

/** Runs a command in the app's folder with the world's token, or another one. */
function run(line: string, ...more: string[]): Promise<CliResult> {
  return runCli(world.cli, [...line.split(" "), ...more], app);
}

async function succeed(line: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(line, ...more);
  expect(code, `${line}: ${stderr}`).toBe(0);
  return stdout.trimEnd();
}

async function read(line: string, ...more: string[]): Promise<unknown> {
  return JSON.parse(await succeed(line, ...more, "--json"));
}

describe("a deployment", () => {
  it("is cancelled and retried", async () => {
    first = Deployment.parse(await read("deploy --message One"));
    writeApp("two");
    const { id } = Deployment.parse(await read("deploy --pr 7 --no-wait"));
    const cancelled = Deployment.parse(await read(`cancel ${id} --reason`, "Wrong page"));
    expect(cancelled.failure).toMatchObject({ reason: "cancelled", detail: expect.stringContaining("Wrong page") });
    preview = Deployment.parse(await read(`retry ${id}`));
    expect(preview).toMatchObject({ status: "live", channel: "pr-7", retryOf: id });
    expect((await world.app("shop-pr-7", "/")).text).toContain("two");
    const again = await run(`retry ${preview.id}`);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("(not_retryable)")]);
  });

  it("is pinned and unpinned", async () => {
    expect(Deployment.parse(await read(`pin ${first.id}`)).pinned).toBe(true);
    expect(await succeed(`inspect ${first.id}`)).toMatch(/^pinned +yes/m);
    expect(Deployment.parse(await read(`unpin ${first.id}`)).pinned).toBe(false);
  });

  it("is found by its status and by its build", async () => {
    const failed = DeploymentPage.parse(await read("list --status failed"));
    expect(failed.deployments.map(({ failure }) => failure?.reason)).toEqual(["cancelled"]);
    const ofBuild = DeploymentPage.parse(await read(`list --all --build ${preview.build?.slice(0, 12)}`));
    expect(ofBuild.deployments.map(({ id }) => id)).toEqual([preview.id]);
    expect((await succeed("list --limit 1")).split("\n")).toHaveLength(2);
  });
});

describe("channels and releases", () => {
  it("show what is and was live, and a preview ends", async () => {
    const live = async () => ChannelPage.parse(await read("channels")).channels.map(({ channel }) => channel);
    expect(await live()).toEqual(["pr-7", "production"]);
    const { releases } = ReleasePage.parse(await read("releases --pr 7"));
    expect(releases.map(({ deployment, kind }) => [deployment, kind])).toEqual([[preview.id, "deploy"]]);
    await succeed("channels delete pr-7 --reason Merged");
    expect(await live()).toEqual(["production"]);
    expect((await run("channels delete production")).code).toBe(1);
  });
});

describe("projects", () => {
  it("are set up, renamed, deleted and restored", async () => {
    await succeed("projects create stand --name Stand");
    await succeed("projects set stand build.root=apps/web retention.days=60 canary=skip");
    await succeed("projects rename stand", "The stand");
    const stand = ProjectDetails.parse(await read("projects show stand"));
    expect(stand).toMatchObject({ name: "The stand", settings: { build: { root: "apps/web" }, canary: "skip" } });
    const reset = ProjectDetails.parse(await read("projects set stand build.root= canary="));
    expect(reset.settings).toMatchObject({ build: { root: null }, canary: null, retention: { days: 60 } });

    expect((await run("projects delete stand")).code).toBe(2);
    await succeed("projects delete stand --confirm stand --reason Over");
    await expect.poll(() => succeed("projects"), { timeout: 15_000 }).toMatch(/^stand .* deleted, gone for good /m);
    expect((await run("projects set stand retention.days=7")).stderr).toContain("(project_deleted)");
    await succeed("projects restore stand");
    const { projects } = ProjectPage.parse(await read("projects"));
    expect(projects.map(({ slug }) => slug)).toEqual(["shop", "stand"]);
  });
});

describe("events", () => {
  it("tell all of it, and their chain holds", async () => {
    const lines = (await succeed("events --json")).split("\n").map((line) => ProjectEvent.parse(JSON.parse(line)));
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    expect(await succeed("events --type channel.deleted --channel pr-7")).toMatch(/"Merged"$/);
    expect(await succeed(`events --deployment ${first.id} --type deployment.pinned`)).toContain(first.id);
    const head = await succeed("events --verify");
    expect(head).toBe(lines.at(-1)?.hash);
    await succeed(`events --expect ${head}`);
    expect((await run(`events --expect ${"0".repeat(63)}1`)).code).toBe(1);
  });
});

describe("gc", () => {
  it("says what would go and why, and sweeps", async () => {
    const plan = RetentionPlan.parse(await read("gc --plan"));
    expect(plan.keep.find(({ deployment }) => deployment === first.id)?.reasons).toContain("live");
    expect(plan.collect[0]).toMatchObject({ deployment: preview.id, reason: "channel_deleted" });
    expect(await succeed("gc")).toMatch(/^[12] deployments? let go, \d+ objects? removed, /);
    expect(
      Deployment.parse(((await read(`inspect ${preview.id}`)) as { deployment: unknown }).deployment),
    ).toMatchObject({
      collectedAt: expect.any(String),
    });
    expect((await run(`promote ${preview.id}`)).stderr).toContain("(bundle_collected)");
  });
});

describe("webhooks", () => {
  it("are made, changed, called, and called again", async () => {
    const secret = await succeed(`webhooks create ${receiver.url("/in")} --event route.flipped --description Chat`);
    expect(secret).toMatch(/^whsec_/);
    const [webhook] = WebhookPage.parse(await read("webhooks")).webhooks;
    expect(webhook).toMatchObject({ description: "Chat", events: ["route.flipped"] });
    const id = String(webhook?.id);
    const update = `webhooks update ${id} --event deployment.building,deployment.live`;
    expect(Webhook.parse(await read(update)).events).toHaveLength(2);
    expect(await succeed(`webhooks rotate ${id}`)).not.toBe(secret);
    await succeed("deploy --fresh");
    const deliveries = async () =>
      DeliveryPage.parse(await read(`webhooks deliveries ${id} --status delivered --all`)).deliveries;
    await expect.poll(async () => (await deliveries()).length, { timeout: 15_000 }).toBe(2);
    expect(await succeed(`webhooks deliveries ${id}`)).toMatch(/delivered .* deployment\.live .* 204 in \d+ ms$/m);
    await succeed(`webhooks redeliver ${id}`, String((await deliveries())[0]?.id));
    await expect.poll(() => receiver.at("/in").length, { timeout: 15_000 }).toBe(3);
    await succeed(`webhooks delete ${id}`);
    expect((await run(`webhooks delete ${id}`)).stderr).toContain("(webhook_not_found)");
    expect((await run("webhooks create https://10.0.0.1/in")).stderr).toContain("(webhook_url_refused)");
  });
});

describe("tokens", () => {
  it("do what their scopes and projects allow, until they are revoked", async () => {
    const token = await succeed("tokens create --name CI --scope read --project stand --expires 1d");
    const as = (line: string) => runCli({ ...world.cli, token }, line.split(" "), app);
    expect(ApiToken.parse(JSON.parse((await as("whoami --json")).stdout))).toMatchObject({
      name: "CI",
      scopes: ["read"],
    });
    expect((await as("projects")).stdout).not.toContain("shop");
    expect((await as("list")).stderr).toContain("(project_not_found)");
    expect((await as("projects set stand retention.days=7")).code).toBe(3);
    await succeed(`tokens revoke ${readTokenId(token)}`);
    await expect.poll(async () => (await as("whoami")).code, { timeout: 15_000 }).toBe(3);
    const { tokens } = ApiTokenPage.parse(await read("tokens"));
    expect(tokens.map(({ name, revokedAt }) => [name, revokedAt !== null])).toEqual([
      ["CI", true],
      ["development", false],
    ]);
  });

  it("begin with bootstrap, once there is none of all rights", async () => {
    const bootstrap = () =>
      runCli({ ...world.cli, token: "" }, ["bootstrap", "--name", "ops"], app, {
        ATELIER_BOOTSTRAP_SECRET: BOOTSTRAP_SECRET,
      });
    expect((await bootstrap()).stderr).toContain("(bootstrap_closed)");
    await succeed(`tokens revoke ${world.token}`);
    const { code, stdout, stderr } = await bootstrap();
    expect(code, stderr).toBe(0);
    const { stdout: who } = await runCli({ ...world.cli, token: stdout.trimEnd() }, ["whoami"], app);
    expect(who).toMatch(/^name +ops$/m);
  });
});
