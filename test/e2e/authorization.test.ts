/** Authorisation, route by route: what the OpenAPI document has, every role asks for, of its own project and of another one. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { runAuthorizationMatrix } from "../support/authorization-matrix.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";

let world: HarnessWorld;
let builder: FakeBuilder;

beforeAll(async () => {
  world = await startHarnessWorld({ controlVars: { BOOTSTRAP_SECRET: "s".repeat(32) } });
  builder = await startFakeBuilder(world.builderPort, world.putObject);
});
afterAll(async () => {
  await builder.close();
  await world.close();
});

it("every route answers every role as it should, of own and foreign things", async () => {
  const { token } = world.credentials.apiToken;
  const { findings, ...report } = await runAuthorizationMatrix({ origin: world.origin, token }, builder);
  expect(findings).toEqual([]);
  expect(report).toMatchObject({ covered: report.routes, wrongAccepts: 0, wrongRefusals: 0 });
  expect(report.routes).toBeGreaterThan(20);
  expect(report.requests).toBeGreaterThan(report.routes * 12);
});

/** What a route must at least need, in words of its own; the first that fits counts. */
const NEEDS: readonly (readonly [route: RegExp, scope: string])[] = [
  [/^GET \/v1\/tokens\/current$/, "token"],
  [/^POST \/v1\/bootstrap$/, "bootstrap"],
  // Who reads a project's events may see how their sending went; the receiver's address is the admin's.
  [/^GET .*\/deliveries$/, "read"],
  [/\/(?:tokens|webhooks)(?:\/|$)/, "admin"],
  // What a build may print, who may build may read.
  [/^GET .*\/values$/, "deploy"],
  [/^GET /, "read"],
  [/^(?:PATCH|DELETE) \/v1\/projects\/\{project\}$|\/(?:restore|sweep)$/, "admin"],
  [/^POST .*\/rollouts\/\{rollout\}\/\w+$/, "promote"],
  [/\/(?:promote|rollback)$|^DELETE .*\/channels\/|^PATCH .*\/deployments\//, "promote"],
  [/^POST .*\/(?:projects|sources|blobs|deployments|cancel|retry)$/, "deploy"],
];

it("every route needs the scope that it should, and whatever changes something needs more than to read", async () => {
  const { paths } = JSON.parse((await send(world.origin, API_HOST, "/openapi.json")).text) as {
    paths: Record<string, Record<string, { "x-scope": string }>>;
  };
  const wrong = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { "x-scope": scope }]) => {
      const route = `${method.toUpperCase()} ${path}`;
      const needed = NEEDS.find(([pattern]) => pattern.test(route))?.[1];
      const isRight = needed ? scope === needed : ["deploy", "promote", "admin"].includes(scope);
      return isRight ? [] : [`${route}: ${scope} instead of ${needed}`];
    }),
  );
  expect(wrong).toEqual([]);
});
