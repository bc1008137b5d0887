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
    s3: null,
  });
});

const S3 = {
  S3_ENDPOINT: "https://s3.example.com/",
  S3_BUCKET: "bundles",
  S3_ACCESS_KEY_ID: "key",
  S3_SECRET_ACCESS_KEY: "secret",
};

it("reads storage by S3 where that is set, and needs no bucket then", () => {
  const { BUNDLES: _unbound, ...rest } = complete;
  expect(readSettings({ ...rest, ...S3 } as Env).s3).toEqual({
    endpoint: "https://s3.example.com",
    bucket: "bundles",
    region: "auto",
    accessKeyId: "key",
    secretAccessKey: "secret",
  });
  for (const name of ["S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"]) {
    expect(() => readSettings({ ...rest, ...S3, [name]: "" } as Env)).toThrow(name);
  }
});

it.each(Object.keys(complete))("names %s when it is missing", (name) => {
  const { [name as keyof Env]: _missing, ...rest } = complete;
  expect(() => readSettings(rest as Env)).toThrow(name);
});

it.each(["VISITOR_KEY", "VARIANT_KEY"])("takes no %s that could be guessed", (name) => {
  expect(() => readSettings({ ...complete, [name]: "short" })).toThrow(`${name} is shorter than 16`);
});
