/** The OpenAPI document is good enough for others: a public generator makes a client of it, which compiles and deploys. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FullWorld, startFullWorld } from "../support/full-world.ts";
import { send } from "../support/http.ts";
import { API_HOST, ROOT } from "../support/world-config.ts";

let world: FullWorld;
const folder = mkdtempSync(join(tmpdir(), "atelier-client-"));
const run = (command: string, ...args: string[]) => promisify(execFile)(command, args, { cwd: folder });

beforeAll(async () => {
  world = await startFullWorld();
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

it("a client generated from /openapi.json compiles and drives a deploy", async () => {
  cpSync(join(ROOT, "test/fixtures/api-client"), folder, { recursive: true });
  const document = await send(world.origin, API_HOST, "/openapi.json");
  expect(document.status).toBe(200);
  writeFileSync(join(folder, "openapi.json"), document.text);
  await run("npm", "ci", "--no-audit", "--no-fund");
  await run("npm", "run", "generate");
  await run("npm", "run", "build");

  const base = `http://${API_HOST}:${new URL(world.origin).port}`;
  const { stdout } = await run(process.execPath, "built/deploy.js", base, world.token);

  expect(stdout).toMatch(/^http:\/\/generated\.apps\.localhost\/\n$/);
  const page = await world.app("generated", "/");
  expect([page.status, page.text]).toEqual([200, "<h1>Generated</h1>"]);
});
