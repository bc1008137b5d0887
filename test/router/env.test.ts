import { expect, it } from "vitest";
import { type Env, readSettings } from "../../router/env.ts";

const complete = {
  REGISTRY: {},
  BUNDLES: {},
  DIRECTORY: {},
  PROJECT: {},
  TRAFFIC_METER: {},
  APPS_DOMAIN: "apps.test",
  VISITOR_KEY: "sixteen letters!",
  VARIANT_KEY: "letters, sixteen",
} as Env;

it("reads the settings of a complete environment", () => {
  expect(readSettings(complete)).toEqual({
    appsDomain: "apps.test",
    visitorKey: "sixteen letters!",
    variantKey: "letters, sixteen",
  });
});

it.each(Object.keys(complete))("names %s when it is missing", (name) => {
  const { [name as keyof Env]: _missing, ...rest } = complete;
  expect(() => readSettings(rest as Env)).toThrow(name);
});

it.each(["VISITOR_KEY", "VARIANT_KEY"])("takes no %s that could be guessed", (name) => {
  expect(() => readSettings({ ...complete, [name]: "short" })).toThrow(`${name} is shorter than 16`);
});
