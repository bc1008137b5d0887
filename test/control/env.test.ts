/** The settings of control, and what of them stands in `wrangler.toml`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { type Env, readSettings } from "../../control/env.ts";
import { LIMIT_PERIOD_SECONDS } from "../../control/rate-limits.ts";

type Config = {
  vars: Record<string, string>;
  ratelimits: { name: string; simple: { limit: number; period: number } }[];
};
const config = parse(
  readFileSync(resolve(import.meta.dirname, "../../control/wrangler.toml"), "utf8"),
) as unknown as Config & { env: { production: Config } };

const SECRETS = {
  BUILDER_TOKEN: "0123456789abcdef",
  VARIANT_KEY: "fedcba9876543210",
  S3_ACCESS_KEY_ID: "key",
  S3_SECRET_ACCESS_KEY: "secret",
};
/** What the committed configuration says, without the settings that are looked at here. */
const { CORS_ORIGINS: _, CHANGES_PER_MINUTE: _rate, CHANGES_AT_ONCE: _burst, ...VARS } = config.vars;
const BASE = { ...VARS, ...SECRETS, BUILDER_URL: "http://127.0.0.1:1" };
const read = (vars: Record<string, string>) => readSettings({ ...BASE, ...vars } as unknown as Env);

describe("settings", () => {
  it("are safe when nothing is said", () => {
    const { corsOrigins, bootstrapSecret, changes } = read({});
    expect({ corsOrigins, bootstrapSecret, changes }).toEqual({
      corsOrigins: [],
      bootstrapSecret: null,
      changes: { capacity: 60, perSecond: 5 },
    });
  });

  it("name origins exactly", () => {
    expect(read({ CORS_ORIGINS: " https://studio.example ,http://base.localhost:8787,," }).corsOrigins).toEqual([
      "https://studio.example",
      "http://base.localhost:8787",
    ]);
    for (const wrong of [
      "*",
      "null",
      "studio.example",
      "https://studio.example/",
      "https://*.example",
      "HTTPS://a.b",
    ]) {
      expect(() => read({ CORS_ORIGINS: wrong }), wrong).toThrow(/CORS_ORIGINS|origins/);
    }
  });

  it("take no bootstrap secret that could be guessed, or that no header can carry", () => {
    expect(read({ BOOTSTRAP_SECRET: "s".repeat(32) }).bootstrapSecret).toBe("s".repeat(32));
    for (const wrong of ["", "s".repeat(31), `${"s".repeat(32)} x`]) {
      expect(() => read({ BOOTSTRAP_SECRET: wrong }), wrong).toThrow(/BOOTSTRAP_SECRET/);
    }
  });

  it("refuse limits that are none", () => {
    for (const wrong of ["0", "-1", "many", "1.5"]) expect(() => read({ CHANGES_PER_MINUTE: wrong })).toThrow();
  });
});

describe("control/wrangler.toml", () => {
  it.each([
    ["development", config],
    ["production", config.env.production],
  ])("has both limiters in %s, with the period that Retry-After says", (_, { ratelimits, vars }) => {
    expect(ratelimits.map(({ name, simple }) => [name, simple])).toEqual([
      ["REQUEST_LIMIT", { limit: 100, period: LIMIT_PERIOD_SECONDS }],
      ["FAILURE_LIMIT", { limit: 20, period: LIMIT_PERIOD_SECONDS }],
    ]);
    expect(read(vars).changes).toEqual({ capacity: 60, perSecond: 5 });
    expect(read(vars).corsOrigins.length).toBeGreaterThan(0);
  });
});
