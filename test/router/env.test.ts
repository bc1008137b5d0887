import { expect, it } from "vitest";
import { type Env, readSettings } from "../../router/env.ts";

const complete = {
  REGISTRY: {},
  BUNDLES: {},
  DIRECTORY: {},
  PROJECT: {},
  APPS_DOMAIN: "apps.test",
  VISITOR_KEY: "sixteen letters!",
} as Env;

it("reads the settings of a complete environment", () => {
  expect(readSettings(complete)).toEqual({ appsDomain: "apps.test", visitorKey: "sixteen letters!" });
});

it.each(Object.keys(complete))("names %s when it is missing", (name) => {
  const { [name as keyof Env]: _missing, ...rest } = complete;
  expect(() => readSettings(rest as Env)).toThrow(name);
});

it("takes no key that could be guessed", () => {
  expect(() => readSettings({ ...complete, VISITOR_KEY: "short" })).toThrow("VISITOR_KEY is shorter than 16");
});
