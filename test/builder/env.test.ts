import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../builder/env.ts";

const NEEDED = { BUILDER_TOKEN: "secret", S3_ENDPOINT: "http://127.0.0.1:9000" };

describe("the settings", () => {
  it("have defaults for all but the token and the storage", () => {
    const settings = readSettings(NEEDED);
    expect(settings).toMatchObject({
      ok: true,
      value: { port: 8788, host: "127.0.0.1", sandbox: "auto", s3: { region: "auto" } },
    });
    expect(settings.ok && settings.value.limits).toEqual({
      timeoutMs: 20 * 60_000,
      memoryBytes: 4 * 1024 ** 3,
      diskBytes: 4 * 1024 ** 3,
      maxProcesses: 2_048,
      outputBytes: 512 * 1024 ** 2,
      outputFiles: 20_000,
    });
  });

  it("name every one that is missing", () => {
    const failure = readSettings({});
    expect(failure.ok ? "" : failure.failure).toMatch(/BUILDER_TOKEN is needed.*\n.*S3_ENDPOINT is needed/);
  });

  it.each([
    ["BUILDER_PORT", "eighty"],
    ["BUILDER_PORT", "70000"],
    ["BUILDER_TOKEN", ""],
    ["S3_ENDPOINT", "s3.example"],
    ["BUILD_TIMEOUT_MS", "0"],
    ["BUILD_MEMORY_BYTES", "4GiB"],
    ["BUILD_DISK_BYTES", "0"],
    ["OUTPUT_MAX_FILES", "100001"],
    ["BUILDER_SANDBOX", "none"],
  ])("refuse %s=%s by its name", (name, value) => {
    const settings = readSettings({ ...NEEDED, [name]: value });
    expect(settings.ok ? "" : settings.failure).toMatch(new RegExp(`^${name} `));
  });

  it("of the image refuse to run builds without the sandbox", () => {
    const dockerfile = readFileSync(join(resolve(import.meta.dirname, "../.."), "builder/Dockerfile"), "utf8");
    const env = Object.fromEntries(
      [...dockerfile.matchAll(/^(?:ENV| {3}) (\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]),
    );
    expect(env).toHaveProperty("BUILDER_HOST", "0.0.0.0");
    expect(readSettings({ ...NEEDED, ...env })).toMatchObject({ ok: true, value: { sandbox: "bubblewrap" } });
  });

  it("pass to builds only what package managers need", () => {
    const settings = readSettings({
      ...NEEDED,
      HTTPS_PROXY: "http://proxy:1",
      AWS_SECRET_ACCESS_KEY: "x",
      HOME: "/root",
    });
    expect(settings.ok && settings.value.packageManagerEnv).toEqual({ HTTPS_PROXY: "http://proxy:1" });
  });
});
