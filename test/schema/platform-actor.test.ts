import { expect, it } from "vitest";
import { Bootstrap, CreateApiToken } from "../../schema/contracts/tokens.ts";
import { PLATFORM_ACTORS } from "../../schema/platform-actor.ts";

it.each([...PLATFORM_ACTORS, " Builder "])("no token is called %j: history would name it as the platform", (name) => {
  expect(CreateApiToken.safeParse({ name, scopes: ["read"] }).success).toBe(false);
  expect(Bootstrap.safeParse({ name }).success).toBe(false);
  expect(CreateApiToken.safeParse({ name: `${name} of shop`, scopes: ["read"] }).success).toBe(true);
});
