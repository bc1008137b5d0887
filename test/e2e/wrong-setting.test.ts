/** A control Worker with a setting that can not be: it refuses every request, and says why in its log alone. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Problem } from "../../schema/contracts/problem.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";

let world: HarnessWorld;

beforeAll(async () => {
  world = await startHarnessWorld({ controlVars: { DELETION_GRACE_DAYS: "soon" } });
});
afterAll(() => world.close());

it.each(["/v1/projects", "/docs"])("%s answers a problem that tells nothing of the settings", async (path) => {
  const answer = await send(world.origin, API_HOST, path);
  expect([answer.status, answer.headers["content-type"]]).toEqual([500, "application/problem+json"]);
  expect(Problem.parse(JSON.parse(answer.text)).code).toBe("internal_error");
  expect(answer.text).not.toMatch(/DELETION_GRACE_DAYS|settings|\.ts|at \w+ \(/);
});

it("the log names the setting", async () => {
  world.server.clearLogs();
  await world.api("GET", "/projects");
  const logged = () => JSON.stringify(world.server.getLogs());
  await expect.poll(logged).toContain("DELETION_GRACE_DAYS");
  expect(logged()).toContain("api.error");
});
