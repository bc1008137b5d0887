/** The real Worker with a setting that can not be: a page for visitors, and the reason in the log alone. */
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { send } from "../support/http.ts";

const server = createTestHarness({
  root: resolve(import.meta.dirname, "../.."),
  workers: [
    { configPath: "wrangler.toml", secrets: { VISITOR_KEY: "short", VARIANT_KEY: "a key of these tests only" } },
    { configPath: "test/fixtures/workers/stub-control.wrangler.toml" },
  ],
});
let origin: string;

beforeAll(async () => {
  origin = (await server.listen()).url.origin;
}, 30_000);
afterAll(() => server.close());

it("answers that it is our fault, and tells only the log why", async () => {
  const answer = await send(origin, "shop.apps.localhost", "/", { headers: { accept: "text/html" } });
  expect([answer.status, answer.headers["x-atelier-error"]]).toEqual([503, "platform_error"]);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.text).toContain("went wrong on our side");
  expect(answer.text).not.toContain("VISITOR_KEY");
  const logged = () => JSON.stringify(server.getLogs());
  await expect.poll(logged).toContain("router.not_started");
  expect(logged()).toContain("VISITOR_KEY is shorter");
});
