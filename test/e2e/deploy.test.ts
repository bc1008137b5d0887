/** From a Deploy click to a live URL and back: real Vite apps by the CLI, through npm, vite, S3, workerd. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChannelState, Flip, Release } from "../../schema/contracts/channels.ts";
import { Deployment, LogLine } from "../../schema/contracts/deployments.ts";
import { callApi } from "../support/api-deploy.ts";
import { editFile, scaffoldViteApp } from "../support/apps.ts";
import { type CliResult, runCli } from "../support/cli.ts";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";

const YEAR = "public, max-age=31536000, immutable";

let world: FullWorld;
let folder: string;
let app: string;

beforeAll(async () => {
  world = await startFullWorld();
  folder = mkdtempSync(join(tmpdir(), "atelier-apps-"));
  app = join(folder, "gallery");
  await scaffoldViteApp(app, "react-ts");
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

async function deploy(...args: string[]): Promise<{ result: CliResult; deployment: Deployment }> {
  const result = await runCli(world.cli, ["deploy", app, "--project", "gallery", "--json", ...args]);
  expect(result.code, result.stderr).toBe(0);
  return { result, deployment: Deployment.parse(JSON.parse(result.stdout)) };
}

async function page(label = "gallery"): Promise<{ html: string; script: string; build: string }> {
  const response = await world.app(label, "/", { headers: { "accept-encoding": "identity" } });
  expect(response.status).toBe(200);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(response.text)?.[1] ?? "";
  return { html: response.text, script, build: String(response.headers["x-atelier-build"]) };
}

async function channel(): Promise<ChannelState> {
  return ChannelState.parse(JSON.parse((await callApi(world, "GET", "/projects/gallery/channels/production")).text));
}

describe("a react-ts app", () => {
  let first: Deployment;
  let second: Deployment;
  let firstScript: string;
  let secondScript: string;

  it("is live on its own host after one deploy, its URL alone on stdout", async () => {
    const result = await runCli(world.cli, ["deploy", app, "--project", "gallery", "--message", "the first one"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toBe("http://gallery.apps.localhost/\n");
    const { html, script, build } = await page();
    expect(html).toContain('<div id="root">');
    const list = await callApi(world, "GET", "/projects/gallery/deployments");
    [first] = JSON.parse(list.text).deployments.map((row: unknown) => Deployment.parse(row));
    expect(first).toMatchObject({ status: "live", message: "the first one", reused: false, failure: null });
    expect(first.build?.startsWith(build)).toBe(true);
    firstScript = script;
  });

  it("its hashed files are immutable for a year, its page is not", async () => {
    const script = await world.app("gallery", firstScript);
    expect([script.status, script.headers["cache-control"]]).toEqual([200, YEAR]);
    expect(script.headers["content-type"]).toMatch(/^text\/javascript; ?charset=utf-8$/);
    const html = await world.app("gallery", "/");
    expect(html.headers["cache-control"]).toBe("public, max-age=0, must-revalidate");
    const favicon = await world.app("gallery", "/favicon.svg");
    expect([favicon.status, favicon.headers["cache-control"]]).toEqual([200, "public, max-age=0, must-revalidate"]);
  });

  it("answers 304 to what is known, and a navigation to a client-side route with the page", async () => {
    const { headers } = await world.app("gallery", firstScript);
    const again = await world.app("gallery", firstScript, { headers: { "if-none-match": String(headers.etag) } });
    expect([again.status, again.text]).toEqual([304, ""]);
    const route = await world.app("gallery", "/photos/7", {
      headers: { accept: "text/html", "sec-fetch-mode": "navigate" },
    });
    expect([route.status, route.text]).toEqual([200, (await page()).html]);
    const missing = await world.app("gallery", "/assets/nothing-12345678.js", { headers: { accept: "*/*" } });
    expect([missing.status, missing.headers["cache-control"]]).toEqual([404, "no-store"]);
  });

  it("a second deploy changes the page; the first one's files still answer for open tabs", async () => {
    editFile(join(app, "src/App.tsx"), (text) => text.replace("Get started", "Welcome to the second deploy"));
    second = (await deploy()).deployment;
    expect(second.status).toBe("live");
    secondScript = (await page()).script;
    expect(secondScript).not.toBe(firstScript);
    expect((await world.app("gallery", secondScript)).text).toContain("Welcome to the second deploy");
    const old = await world.app("gallery", firstScript);
    expect([old.status, old.headers["cache-control"]]).toEqual([200, YEAR]);
    expect(old.text).toContain("Get started");
  });

  it("rollback brings the first back without a rebuild, by exactly one new rev", async () => {
    const before = await channel();
    const started = Date.now();
    const result = await runCli(world.cli, [
      "rollback",
      "--project",
      "gallery",
      "--reason",
      "the welcome is wrong",
      "--json",
    ]);
    expect(result.code, result.stderr).toBe(0);
    const flip = Flip.parse(JSON.parse(result.stdout));
    expect(flip).toMatchObject({
      changed: true,
      route: { rev: (before.route?.rev ?? 0) + 1, live: { deployment: first.id } },
    });
    // Router isolates keep a record for one second.
    await expect.poll(async () => (await page()).script, { timeout: 3_000 }).toBe(firstScript);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect((await channel()).route).toEqual(flip.route);
    expect((await world.app("gallery", secondScript)).status).toBe(200);
    const list = JSON.parse((await callApi(world, "GET", "/projects/gallery/deployments")).text).deployments;
    expect(list.map(({ id, status }: Deployment) => [id, status])).toEqual([
      [second.id, "superseded"],
      [first.id, "live"],
    ]);
  });

  it("promote makes the second live again, and history says who and why", async () => {
    const result = await runCli(world.cli, ["promote", second.id, "--reason", "it was right after all"]);
    expect(result.code, result.stderr).toBe(0);
    const { releases } = JSON.parse(
      (await callApi(world, "GET", "/projects/gallery/channels/production/releases")).text,
    );
    expect(
      releases
        .map((row: unknown) => Release.parse(row))
        .map(({ kind, deployment, rev, by, reason }: Release) => [kind, deployment, rev, by, reason]),
    ).toEqual([
      ["promote", second.id, 4, "development", "it was right after all"],
      ["rollback", first.id, 3, "development", "the welcome is wrong"],
      ["deploy", second.id, 2, "development", null],
      ["deploy", first.id, 1, "development", "the first one"],
    ]);
  });

  it("an unchanged deploy builds and stores nothing", async () => {
    const { deployment } = await deploy();
    expect(deployment).toMatchObject({
      status: "live",
      reused: true,
      build: second.build,
      bundle: { uploadedBlobs: 0, uploadedBytes: 0 },
    });
  });

  it("a build that fails says why, and the live version answers on", async () => {
    const before = await channel();
    editFile(join(app, "src/App.tsx"), (text) => `${text}\nconst broken: number = "not a number";\n`);
    const result = await runCli(world.cli, ["deploy", app, "--project", "gallery"]);
    expect(result.code).toBe(1);
    expect(result.stdout).toBe("");
    expect(result.stderr).toContain("build_failed");
    expect(result.stderr).toContain("App.tsx");
    expect((await channel()).route).toEqual(before.route);
    expect((await page()).script).toBe(secondScript);
  });

  it("its log can be read by anyone who comes later, from any line on", async () => {
    const path = `/projects/gallery/deployments/${second.id}/logs`;
    const all = (await callApi(world, "GET", path)).text
      .trim()
      .split("\n")
      .map((line) => LogLine.parse(JSON.parse(line)));
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.filter(({ kind }) => kind === "step").map(({ step }) => step)).toEqual([
      "stage",
      "config",
      "install",
      "build",
      "collect",
      "upload",
    ]);
    const rest = (await callApi(world, "GET", `${path}?after=${all.length - 2}&follow=true`)).text.trim().split("\n");
    expect(rest).toHaveLength(2);
  });
});

describe("a vanilla-ts app on a pull request", () => {
  it("answers on its own host, unseen by search engines, and production is untouched", async () => {
    const before = await channel();
    const preview = join(folder, "preview");
    await scaffoldViteApp(preview, "vanilla-ts");
    expect((await world.app("gallery-pr-42", "/")).status).toBe(404);
    const result = await runCli(world.cli, ["deploy", preview, "--project", "gallery", "--pr", "42"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toBe("http://gallery-pr-42.apps.localhost/\n");
    // "Nothing here" may be remembered for a second.
    await expect.poll(async () => (await world.app("gallery-pr-42", "/")).status, { timeout: 8_000 }).toBe(200);
    const answer = await world.app("gallery-pr-42", "/");
    expect(answer.headers["x-robots-tag"]).toBe("noindex");
    expect(answer.text).toContain('<div id="app">');
    expect((await channel()).route).toEqual(before.route);
  });
});
